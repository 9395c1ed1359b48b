import type { Session } from "../session/session.ts";
import {
  type ConnectorManager,
  onConnectorMessage,
} from "./connector_messages.ts";
import {
  type AdmittedClient,
  openSession,
  type ServerContext,
} from "./server_context.ts";

/**
 * Serves a provider, which dials for apps at the SOCKS port and for connectors.
 * It may not open channels itself: the server would dial from its own network.
 */
export function serveProvider(
  context: ServerContext,
  client: AdmittedClient,
  connectors: ConnectorManager,
): Session {
  const session = openSession(context, client, {
    control: (message) => onConnectorMessage(session, message, connectors),
  });
  return session;
}

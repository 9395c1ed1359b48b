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

/** Serves a forward client: the server dials what it asks for. */
export function serveForward(
  context: ServerContext,
  client: AdmittedClient,
  connectors: ConnectorManager,
): Session {
  const session = openSession(context, client, {
    ...context.exit.sessionOptions(client.logger),
    // Refuse: it may not.
    control: (message) => onConnectorMessage(session, message, connectors),
  });
  return session;
}

import type { Session } from "../session/session.ts";
import {
  type ConnectorManager,
  onConnectorMessage,
} from "./connector_messages.ts";
import { Exit } from "../exit/exit.ts";
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
  const { dialer, udpExit, observer } = context;
  const exit = new Exit({ dialer, logger: client.logger, observer });
  const session = openSession(context, client, {
    accept: (channel, target) => exit.accept(channel, target),
    acceptDatagrams: udpExit.accept,
    // It may not, and is told so.
    control: (message) => onConnectorMessage(session, message, connectors),
  });
  return session;
}

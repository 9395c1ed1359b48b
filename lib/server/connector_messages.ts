import { errorText } from "../base/errors.ts";
import type { Session } from "../session/session.ts";
import type { ConnectorMessage, Message } from "../wire/messages.ts";

/** What a client may do with connector tokens; throws the reason if it may not. */
export interface ConnectorManager {
  /** Adds a token, a new one if it is empty; returns it. */
  addConnector(token: string): string;
  /** Removes a token, if it is the client's own. */
  removeConnector(token: string): void;
}

/** Answers a client's requests about connector tokens; ignores everything else. */
export function onConnectorMessage(
  session: Session,
  message: Message,
  connectors: ConnectorManager,
): void {
  if (message.type !== "connector") return;
  const { requestId } = message;
  try {
    const token = serve(message, connectors);
    session.send({
      type: "connectorResponse",
      requestId,
      ok: true,
      ...(token === undefined ? {} : { token }),
    });
  } catch (error) {
    session.send({
      type: "connectorResponse",
      requestId,
      ok: false,
      error: errorText(error),
    });
  }
}

function serve(
  { operation, token }: ConnectorMessage,
  connectors: ConnectorManager,
): string | undefined {
  if (operation === "add") return connectors.addConnector(token);
  connectors.removeConnector(token);
  return undefined;
}

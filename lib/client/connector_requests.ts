import { TunnelError } from "../base/errors.ts";
import type { Session } from "../session/session.ts";
import { formatId, newChannelId } from "../wire/channel_id.ts";
import type { ConnectorResponseMessage, Message } from "../wire/messages.ts";

/** Deadline for a server's answer. */
const ANSWER_DEADLINE_MS = 10_000;

/** A provider's requests to its server about connector tokens. */
export class ConnectorRequests {
  readonly #waiting = new Map<
    string,
    (message: ConnectorResponseMessage) => void
  >();

  /**
   * Adds a connector token; an empty one asks the server for a new one.
   *
   * @returns the token in force
   * @throws {TunnelError} `auth` with the server's words if it does not want it,
   *   `timeout` without an answer, `closed` if the session is lost
   */
  async add(session: Session, token: string): Promise<string> {
    const answer = await this.#ask(session, "add", token);
    return answer.token ?? token;
  }

  /** Removes a connector token. Throws as `add`; an unknown one is no error. */
  async remove(session: Session, token: string): Promise<void> {
    await this.#ask(session, "remove", token);
  }

  async #ask(
    session: Session,
    operation: "add" | "remove",
    token: string,
  ): Promise<ConnectorResponseMessage> {
    const { promise, resolve, reject } = Promise.withResolvers<
      ConnectorResponseMessage
    >();
    const requestId = newChannelId();
    const key = formatId(requestId);
    this.#waiting.set(key, (message) => {
      if (message.ok) return resolve(message);
      const reason = message.error || "the server gave no reason";
      const text = `the connector token was rejected: ${reason}`;
      reject(new TunnelError("auth", text));
    });
    const timer = setTimeout(() => {
      const late = "no answer about the connector token";
      reject(new TunnelError("timeout", late));
    }, ANSWER_DEADLINE_MS);
    session.closed.then(reject);
    session.send({ type: "connector", requestId, token, operation });
    try {
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(key);
    }
  }

  /** Takes a message of the server; ignores unsolicited ones. */
  onMessage(message: Message): void {
    if (message.type !== "connectorResponse") return;
    this.#waiting.get(formatId(message.requestId))?.(message);
  }
}

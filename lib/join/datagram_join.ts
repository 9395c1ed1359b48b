import type { Target } from "../base/address.ts";
import { errorText, type TunnelError } from "../base/errors.ts";
import type {
  DatagramChannel,
  DatagramOwner,
} from "../session/datagram_channel.ts";
import type { Session } from "../session/session.ts";

/**
 * Joins two associations of two sessions at a relay: the near one, opened by a
 * connector, and the far one, which is opened to a provider. Datagrams that come
 * before there is a far one are dropped.
 */
export class DatagramJoin implements DatagramOwner {
  readonly #near: DatagramChannel;
  readonly #finished: () => void;
  #far: DatagramChannel | undefined;
  #over = false;

  /** Owner of the connector's association; opens nothing yet. */
  constructor(near: DatagramChannel, finished: () => void = () => {}) {
    this.#near = near;
    this.#finished = finished;
  }

  /** Whether `connect` or `refuse` is still to come. */
  get isWaiting(): boolean {
    return !this.#over && this.#far === undefined;
  }

  /** Opens the far association. */
  connect(session: Session): void {
    if (!this.isWaiting) return;
    try {
      this.#far = session.openDatagrams({
        opened: () => this.#near.accept(),
        datagram: (source, payload) => this.#near.send(source, payload),
        closed: (error) => this.#leave(this.#near, error),
      });
    } catch (error) {
      this.refuse(errorText(error));
    }
  }

  /** Tells the connector that no provider is there. */
  refuse(reason: string): void {
    if (!this.isWaiting) return;
    this.#over = true;
    this.#near.refuse(reason);
    this.#finished();
  }

  // --- DatagramOwner, of the near association ---

  opened(): void {}

  datagram(target: Target, payload: Uint8Array): void {
    this.#far?.send(target, payload);
  }

  closed(error?: TunnelError): void {
    this.#leave(this.#far, error);
  }

  #leave(channel: DatagramChannel | undefined, error?: TunnelError): void {
    if (this.#over) return;
    this.#over = true;
    if (channel?.opener === "peer" && !channel.responded) {
      channel.refuse(error?.message || "closed before it was open");
    } else {
      channel?.disconnect(error?.message);
    }
    this.#finished();
  }
}

import type { Dialogue } from "./dialogue.ts";

/** The handshake with a proxy, up to its consent. */
export interface ProxyHandshake {
  /** The first message; it may safely arrive twice. */
  readonly first: Uint8Array;
  /**
   * All that follows `first`, up to the last byte of the proxy's consent.
   *
   * @throws {TunnelError} with the proxy's words if it does not consent
   */
  finish(dialogue: Dialogue): Promise<void>;
}

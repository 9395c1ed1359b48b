import type { Dialogue } from "./dialogue.ts";

/** What has to be said to a proxy before it stands for the target. */
export interface ProxyHandshake {
  /** Our first words; they do no harm when they arrive twice. */
  readonly first: Uint8Array;
  /**
   * All that follows `first`, up to the last byte of the proxy's consent.
   *
   * @throws {TunnelError} with the proxy's words if it does not consent
   */
  finish(dialogue: Dialogue): Promise<void>;
}

import type { Target } from "../base/address.ts";
import type { Dialed } from "../net/backend.ts";

export type { Dialed, Target };

/** How to dial. */
export interface DialOptions {
  /** The bytes to send first; the caller sends what `Dialed.sent` leaves. */
  first?: Uint8Array;
  /**
   * It does no harm when `first` arrives twice, which SYN data may (RFC 7413,
   * section 2.1), though its bytes do not show that. @default {false}
   */
  mayRepeat?: boolean;
  /** Gives up when it aborts. */
  signal?: AbortSignal;
}

/**
 * Opens conns outward. Most dialers wrap another one; the last really connects.
 */
export interface Dialer {
  /** Rejects with `TunnelError`, or with the signal's reason. */
  dial(target: Target, options?: DialOptions): Promise<Dialed>;
}

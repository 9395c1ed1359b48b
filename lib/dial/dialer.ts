import type { Target } from "../base/address.ts";
import type { Dialed } from "../net/backend.ts";

export type { Dialed, Target };

/** How to dial. */
export interface DialOptions {
  /** The bytes to send first; the caller sends what `Dialed.sent` leaves. */
  first?: Uint8Array;
  /**
   * `first` may safely arrive twice, as SYN data can (RFC 7413, section 2.1),
   * although its bytes do not show it. @default {false}
   */
  mayRepeat?: boolean;
  /** Gives up when it aborts. */
  signal?: AbortSignal;
}

/** Opens outgoing conns. Most dialers wrap another one; the last one connects. */
export interface Dialer {
  /** Rejects with `TunnelError`, or with the signal's reason. */
  dial(target: Target, options?: DialOptions): Promise<Dialed>;
}

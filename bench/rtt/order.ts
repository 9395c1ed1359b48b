/** What the app shall do. */
export interface Order {
  /** Whom to ask. */
  target: readonly [host: string, port: number];
  /** Through the SOCKS port that listens here; directly without it. */
  socksPort?: number;
  /** Directly: put the request into the SYN. */
  fastOpen: boolean;
  /** Start a client of its own for each request, which has no session yet. */
  client?: { url: string; token: string; tfo: string; optimistic: boolean };
  /** Requests that do not count, before the others. */
  warmUp: number;
  /** Requests that count. */
  samples: number;
  /** After each request, so that its end is over before the next one, in ms. */
  pauseMs: number;
  /** Namespaces whose cookies are dropped before each request. */
  forget: readonly string[];
}

/** What the app prints. */
export interface Answers {
  /** Times to the first byte, in the order of the requests. */
  samplesMs: number[];
  /** Requests without an answer, and why. */
  failures: string[];
}

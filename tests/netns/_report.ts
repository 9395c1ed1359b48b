/** What the SYN of each hop did, as the kernel says at each of its ends. */
export interface Syns {
  /** App to SOCKS port, at the app. */
  app: string;
  /** App to SOCKS port, at the port. */
  socks: string;
  /** Client to server, at the client. */
  tunnel: string;
  /** Client to server, at the server. */
  ws: string;
  /** Server to origin, at the server. */
  target: string;
  /** Server to origin, at the origin. */
  origin: string;
}

/** One request of an app through a client that was started for it. */
export interface Visit {
  /** What the SYNs did. */
  syns: Syns;
  /** What the app received behind the answers of the SOCKS port. */
  response: string;
  /** `Client.report()`. */
  clientReport: string[];
  /** `Server.report()`. */
  serverReport: string[];
}

/** What `_fast_open_main.ts` prints. */
export interface FastOpenReport {
  /** Nobody has a cookie yet. */
  first: Visit;
  /** Everybody has one, where there are any. */
  second: Visit;
  /** What the kernel counted in this namespace. */
  kernel: {
    /** Dialed conns whose SYN data was acknowledged. */
    active: number;
    /** Dialed conns whose SYN data was not. */
    activeFail: number;
    /** Accepted conns whose SYN data was taken. */
    passive: number;
    /** Accepted conns whose cookie was wrong. */
    passiveFail: number;
  };
}

/** What `_nodelay_main.ts` prints: TCP_NODELAY of each conn of a tunnel. */
export interface NodelayReport {
  /** What the client dialed. */
  client: number[];
  /** What the server accepted. */
  server: number[];
}

/** What a client does unless it is told otherwise; the command line shows these. */
export const CLIENT_DEFAULTS = {
  reverse: false,
  socksHost: "127.0.0.1",
  socksPort: 9870,
  optimistic: false,
  noWait: false,
  reconnect: true,
  retryAuth: false,
  threads: 1,
  renewMs: 0,
  followHosts: false,
} as const;

/** The upper bound on WebSockets of one client. */
export const MAX_THREADS = 64;

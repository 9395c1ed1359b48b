/** What a server does unless it is told otherwise; the command line shows these. */
export const SERVER_DEFAULTS = {
  hostname: "0.0.0.0",
  port: 8765,
  socksHost: "127.0.0.1",
  socksNoWait: false,
  optimistic: false,
  connectorWaitMs: 5000,
  workers: 1,
  reusePort: false,
} as const;

/** The upper bound on threads of one server. */
export const MAX_WORKERS = 256;

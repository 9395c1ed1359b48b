/** What a user asked to reach: a name or an IP address, and a port. */
export interface Target {
  /** A domain name, dotted IPv4, or IPv6 without brackets. */
  host: string;
  /** 1 to 65535; 0 is carried but cannot be dialed. */
  port: number;
}

/** `host:port`, with brackets around IPv6. */
export function formatTarget({ host, port }: Target): string {
  return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
}

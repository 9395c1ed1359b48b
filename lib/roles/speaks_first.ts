/**
 * Ports at which the server speaks first: waiting for an app's first bytes there
 * would be in vain. FTP, SSH, Telnet, SMTP, time, POP3, NNTP, IMAP, submission,
 * MySQL, IRC, VNC and ManageSieve, by the IANA registry.
 */
const PORTS: ReadonlySet<number> = new Set([
  21,
  22,
  23,
  25,
  37,
  110,
  119,
  143,
  587,
  2222,
  3306,
  4190,
  5900,
  6667,
]);

/** Whether the server at this port usually speaks before its client does. */
export function speaksFirst(port: number): boolean {
  return PORTS.has(port);
}

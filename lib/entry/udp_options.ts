import { ConfigError } from "../base/errors.ts";
import { checkPort, checkTimeMs } from "../base/option_checks.ts";
import { ipFamily } from "../net/ip.ts";
import type { PortRange } from "../net/port_range.ts";
import type { UdpEntryOptions } from "./udp_entry.ts";

/** Options for UDP ASSOCIATE of a role with a SOCKS port. */
export interface UdpOptions {
  /**
   * Where apps send their datagrams: an IP address of this machine.
   *
   * @default the address at which an app has reached the SOCKS port
   */
  udpHost?: string;
  /** The ports for that. @default any free port */
  udpPorts?: PortRange;
  /** An association without datagrams ends after so long, in milliseconds. @default {300000} */
  udpIdleMs?: number;
}

/**
 * Checks them for an entry.
 *
 * @throws {ConfigError} if the host is not an IP address, or every address
 */
export function udpEntryOptions(
  { udpHost: host, udpPorts: ports, udpIdleMs: idleMs }: UdpOptions,
): Pick<UdpEntryOptions, "host" | "ports" | "idleMs"> {
  if (idleMs !== undefined) checkTimeMs("udpIdleMs", idleMs, 1);
  if (ports !== undefined) checkRange(ports);
  if (host === undefined) return { ports, idleMs };
  if (ipFamily(host) === undefined || host === "0.0.0.0" || host === "::") {
    throw new ConfigError(
      "udpHost",
      `must be an IP address that apps can reach but got ${
        JSON.stringify(host)
      }`,
    );
  }
  return { host, ports, idleMs };
}

function checkRange({ first, last }: PortRange): void {
  checkPort("udpPorts", first, 1);
  checkPort("udpPorts", last, first);
}

import { CLIENT_DEFAULTS } from "../client/defaults.ts";
import type { FlagTable } from "./flags.ts";

/**
 * The flags of a proxy port, at a client or at a server in reverse mode.
 *
 * @param mode The mode in which they apply, such as `Reverse mode`; all modes
 *   if absent
 */
export function proxyPortFlags(mode?: string) {
  const help = (text: string): string =>
    mode === undefined
      ? text
      : `${mode}: ${text.replace(/^[A-Z](?=[a-z])/, (c) => c.toLowerCase())}`;
  return {
    socksHost: {
      kind: "text",
      name: "socks-host",
      short: "s",
      env: "SOCKS_HOST",
      value: "HOST",
      default: CLIENT_DEFAULTS.socksHost,
      required: true,
      help: help("Address of the proxy port"),
    },
    socksPort: {
      kind: "integer",
      name: "socks-port",
      short: "p",
      env: "SOCKS_PORT",
      value: "PORT",
      min: 0,
      max: 65535,
      default: CLIENT_DEFAULTS.socksPort,
      sets: ["socksPort", "reverse.port"],
      help: help("Port of the proxy, 0 for a free one"),
    },
    socksUsername: {
      kind: "text",
      name: "socks-username",
      short: "n",
      env: "SOCKS_USERNAME",
      value: "NAME",
      default: "",
      sets: ["username", "reverse.username"],
      help: help("User name that apps must give"),
    },
    socksPassword: {
      kind: "text",
      name: "socks-password",
      short: "w",
      env: "SOCKS_PASSWORD",
      value: "PASSWORD",
      default: "",
      sets: ["password", "reverse.password"],
      help: help("Password that apps must give"),
    },
    udpHost: {
      kind: "text",
      name: "udp-host",
      env: "UDP_HOST",
      value: "HOST",
      default: "",
      help: help(
        "IP address for datagrams of apps (default: the address where apps " +
          "reached the SOCKS port)",
      ),
    },
    udpPorts: {
      kind: "text",
      name: "udp-ports",
      env: "UDP_PORTS",
      value: "A-B",
      default: "",
      help: help("Ports for datagrams of apps (default: any free port)"),
    },
  } as const satisfies FlagTable;
}

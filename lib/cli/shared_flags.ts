import type { Logger } from "../base/logger.ts";
import type { UdpOptions } from "../entry/udp_options.ts";
import { parsePortRange } from "../net/port_range.ts";
import { BACKENDS, type RoleOptions } from "../net/role_options.ts";
import { parseTfoChoice } from "../net/tfo_choice.ts";
import type { CommandContext } from "./command.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import { createLogger, levelForVerbosity } from "./logger.ts";

/** Flags of every command. */
export const HELP_FLAGS = {
  help: { kind: "switch", name: "help", short: "h", help: "Show this text" },
  version: {
    kind: "switch",
    name: "version",
    short: "V",
    help: "Show the version",
  },
} as const satisfies FlagTable;

/** Flags of the commands that log in at a server. */
export const SERVER_ACCESS_FLAGS = {
  token: {
    kind: "text",
    name: "token",
    short: "t",
    env: "TOKEN",
    value: "TOKEN",
    default: "",
    required: true,
    help: "Secret that the server knows (default: anonymous)",
  },
  caFile: {
    kind: "text",
    name: "ca-file",
    env: "CA_FILE",
    value: "FILE",
    default: "",
    sets: ["caCerts"],
    help: "Certificates to trust for wss, as PEM",
  },
} as const satisfies FlagTable;

/** Flags of the commands that start a role: its sockets and its log. */
export const ROLE_FLAGS = {
  tfo: {
    kind: "text",
    name: "tfo",
    env: "TFO",
    value: "HOPS",
    default: "auto",
    help: "Where to use TCP Fast Open: auto, off, or a list of socks, ws, " +
      "tunnel, target",
  },
  tfoAny: {
    kind: "switch",
    name: "tfo-any",
    env: "TFO_ANY",
    help:
      "Put any first bytes into a SYN, not only those that may arrive twice",
  },
  backend: {
    kind: "choice",
    name: "backend",
    env: "BACKEND",
    value: "NAME",
    choices: BACKENDS,
    default: "auto",
    help: "Sockets to use: epoll (Linux, fastest), deno (everywhere) or auto",
  },
  state: {
    kind: "text",
    name: "state",
    env: "STATE",
    value: "DIR",
    default: "",
    sets: ["stateDir"],
    help:
      "Directory in which to keep where Fast Open does not work, from one " +
      "start to the next",
  },
  debug: {
    kind: "count",
    name: "debug",
    short: "d",
    help: "Log every connection; -dd logs no more than that",
  },
  logFormat: {
    kind: "choice",
    name: "log-format",
    env: "LOG_FORMAT",
    value: "FORMAT",
    choices: ["text", "json"],
    default: "text",
    help: "Format of the log: text or json",
  },
} as const satisfies FlagTable;

/**
 * Converts the values of {@linkcode ROLE_FLAGS} to options of a role.
 *
 * @param values The values.
 * @param context Where to log.
 * @param quiet Without `-d` print only warnings and errors.
 * @returns What both roles take.
 * @throws {ConfigError} If `tfo` names something that is not a hop.
 */
export function roleOptions(
  values: FlagValues<typeof ROLE_FLAGS>,
  { output, ignored = [] }: CommandContext,
  quiet = false,
): RoleOptions & { logger: Logger } {
  const logger = createLogger({
    level: quiet && values.debug === 0
      ? "warn"
      : levelForVerbosity(values.debug),
    format: values.logFormat,
    colored: output.colored,
    write: (line) => output.err(line),
  });
  for (const { variable, because } of ignored) {
    logger.warn("A variable changes nothing here", { variable, because });
  }
  return {
    tfo: parseTfoChoice(values.tfo),
    tfoAny: values.tfoAny,
    backend: values.backend,
    ...(values.state === "" ? {} : { stateDir: values.state }),
    logger,
  };
}

/** The name and the password that apps must give, as far as they are said. */
export function loginOptions(
  { socksUsername: username, socksPassword: password }: {
    socksUsername: string;
    socksPassword: string;
  },
): { username?: string; password?: string } {
  return {
    ...(username === "" ? {} : { username }),
    ...(password === "" ? {} : { password }),
  };
}

/**
 * Converts `--udp-host` and `--udp-ports` to options of a role with a SOCKS
 * port.
 *
 * @throws {ConfigError} If `udpPorts` is not a range of ports.
 */
export function udpOptions(
  { udpHost, udpPorts }: { udpHost: string; udpPorts: string },
): UdpOptions {
  return {
    ...(udpHost === "" ? {} : { udpHost }),
    ...(udpPorts === "" ? {} : {
      udpPorts: parsePortRange(udpPorts, "udpPorts"),
    }),
  };
}

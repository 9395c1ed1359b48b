import type { BackendChoice } from "../net/choose_backend.ts";
import { parsePortRange, type PortRange } from "../net/port_range.ts";
import { parseTfoChoice } from "../net/tfo_choice.ts";
import type { CommandContext } from "./command.ts";
import type { FlagTable, FlagValues } from "./flags.ts";
import { createLogger, levelForVerbosity } from "./logger.ts";
import type { SocketOptions } from "./role_starters.ts";

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
    choices: ["auto", "epoll", "deno"],
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
    help: "Log each connection; -dd does the same for now",
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
 * Turns the values of {@linkcode ROLE_FLAGS} into options of a role.
 *
 * @param values The values.
 * @param context Gets the log.
 * @param quiet Without `-d` print only warnings and errors.
 * @returns What both roles take.
 * @throws {ConfigError} If `--tfo` names something that is no hop.
 */
export function socketOptions(
  values: FlagValues<typeof ROLE_FLAGS>,
  context: CommandContext,
  quiet = false,
): SocketOptions {
  const { output } = context;
  const backend: BackendChoice = values.backend;
  return {
    tfo: parseTfoChoice(values.tfo),
    tfoAny: values.tfoAny,
    backend,
    ...(values.state === "" ? {} : { stateDir: values.state }),
    logger: createLogger({
      level: quiet && values.debug === 0
        ? "warn"
        : levelForVerbosity(values.debug),
      format: values.logFormat,
      coloured: output.coloured,
      write: (line) => output.err(line),
    }),
  };
}

/**
 * Turns `--udp-host` and `--udp-ports` into options of a role with a SOCKS port.
 *
 * @throws {ConfigError} If `--udp-ports` is not a range of ports.
 */
export function udpOptions(
  { udpHost, udpPorts }: { udpHost: string; udpPorts: string },
): { udpHost?: string; udpPorts?: PortRange } {
  return {
    ...(udpHost === "" ? {} : { udpHost }),
    ...(udpPorts === "" ? {} : {
      udpPorts: parsePortRange(udpPorts, "--udp-ports"),
    }),
  };
}

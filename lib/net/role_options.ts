import type { Observer } from "../base/events.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import { checkChoice, checkTimeMs, wrong } from "../base/option_checks.ts";
import type { BackendChoice } from "./choose_backend.ts";
import { ipFamily } from "./ip.ts";
import { parseTfoChoice, type TfoChoice } from "./tfo_choice.ts";

/** Options that a server and a client have in common. */
export interface RoleOptions {
  /** Where to use TCP Fast Open. @default all hops */
  tfo?: TfoChoice;
  /**
   * Put any first bytes for a target into a SYN, not only those that may arrive
   * twice.
   *
   * @default {false}
   */
  tfoAny?: boolean;
  /** Which sockets to use. @default {"auto"} */
  backend?: BackendChoice;
  /**
   * A directory, made if missing, that keeps from one start to the next where data in
   * a SYN does not work and which targets speak first. Of several workers each
   * learns for itself, and the first one keeps it.
   *
   * @default nothing is kept
   */
  stateDir?: string;
  /** Gets log lines. @default none are written */
  logger?: Logger;
  /**
   * Is told what happens; `counters` count the same events. Not with several workers.
   */
  observer?: Observer;
  /** Ends the role at once when it aborts, as `abort` does. */
  signal?: AbortSignal;
  /**
   * How long `close` waits for what is open to end, in milliseconds.
   *
   * @default {5000}
   */
  gracePeriodMs?: number;
}

/** The same with defaults, checked. */
export interface CheckedRoleOptions {
  /** As in {@linkcode RoleOptions}. */
  readonly tfo: TfoChoice;
  /** As in {@linkcode RoleOptions}. */
  readonly tfoAny: boolean;
  /** As in {@linkcode RoleOptions}. */
  readonly backend: BackendChoice;
  /** As in {@linkcode RoleOptions}. */
  readonly stateDir: string | undefined;
  /** As in {@linkcode RoleOptions}. */
  readonly logger: Logger;
  /** As in {@linkcode RoleOptions}. */
  readonly observer: Observer | undefined;
  /** As in {@linkcode RoleOptions}. */
  readonly gracePeriodMs: number;
}

/** What a user may choose as `backend`. */
export const BACKENDS = ["auto", "epoll", "deno"] as const;

/**
 * Adds the defaults.
 *
 * @throws {ConfigError} with the property, if a value is not valid
 */
export function parseRoleOptions(options: RoleOptions): CheckedRoleOptions {
  const {
    tfo = parseTfoChoice("auto"),
    tfoAny = false,
    backend = "auto",
    stateDir,
    logger = SILENT,
    observer,
    gracePeriodMs = 5000,
  } = options;
  if (typeof tfo !== "object") {
    throw wrong("tfo", "made by parseTfoChoice()", tfo);
  }
  checkChoice("backend", backend, BACKENDS);
  checkTimeMs("gracePeriodMs", gracePeriodMs);
  return { tfo, tfoAny, backend, stateDir, logger, observer, gracePeriodMs };
}

/** An IP address, or `localhost`. Throws `ConfigError` with the property. */
export function checkAddress(property: string, host: string): string {
  if (host === "localhost") return "127.0.0.1";
  if (typeof host === "string" && ipFamily(host)) return host;
  throw wrong(property, "an IP address", host);
}

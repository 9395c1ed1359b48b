import { SILENT } from "../base/logger.ts";
import {
  type BackendChoice,
  chooseBackend,
  type ChosenBackend,
} from "./choose_backend.ts";
import { fastOpenSupport, type Support } from "./fast_open.ts";

/** One backend of each kind, for all conns of the library's functions. */
const SHARED = new Map<BackendChoice, ChosenBackend>();

/**
 * The sockets that all conns of the library's own functions share. It opens
 * nothing until it is used.
 *
 * @throws {ConfigError} if `epoll` was requested and is not available
 */
export function sharedBackend(choice: BackendChoice = "auto"): ChosenBackend {
  let chosen = SHARED.get(choice);
  if (!chosen) {
    chosen = chooseBackend(choice, SILENT);
    SHARED.set(choice, chosen);
  }
  return chosen;
}

/** Whether SYNs can carry data through these sockets, and if not, why. */
export function fastOpenThrough(
  { backend, reason }: ChosenBackend,
  direction: "dial" | "listen",
): Support {
  if (backend.name === "epoll") return fastOpenSupport()[direction];
  return {
    supported: false,
    reason: reason ?? "Deno's own sockets cannot; use the epoll backend",
  };
}

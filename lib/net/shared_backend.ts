import { SILENT } from "../base/logger.ts";
import {
  type BackendChoice,
  chooseBackend,
  type ChosenBackend,
} from "./choose_backend.ts";
import { fastOpenSupport, type Support } from "./fast_open.ts";

/** A memo: one backend of each kind for all conns of the library's functions. */
const SHARED = new Map<BackendChoice, ChosenBackend>();

/**
 * The sockets that all conns of the library's own functions share. Nothing is
 * open in it while nobody uses it.
 *
 * @throws {ConfigError} if `epoll` was asked for and cannot be had
 */
export function sharedBackend(choice: BackendChoice = "auto"): ChosenBackend {
  let chosen = SHARED.get(choice);
  if (!chosen) {
    chosen = chooseBackend(choice, SILENT);
    SHARED.set(choice, chosen);
  }
  return chosen;
}

/** Whether SYNs can carry data through these sockets, and if not why. */
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

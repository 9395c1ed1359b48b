import { ffiSupport } from "../../ffi/mod.ts";
import { ConfigError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Backend } from "./backend.ts";
import { DenoBackend } from "./deno_backend.ts";
import { EpollBackend } from "./epoll_backend.ts";

/** What a user may ask for. */
export type BackendChoice = "auto" | "epoll" | "deno";

/** A backend, and why it is not `epoll`. */
export interface ChosenBackend {
  /** The sockets. */
  backend: Backend;
  /** Why `auto` did not choose `epoll`. */
  reason?: string;
}

/**
 * Chooses `epoll` where system calls work, otherwise `deno`.
 *
 * @throws {ConfigError} if `epoll` was requested and is not available
 */
export function chooseBackend(
  choice: BackendChoice,
  logger: Logger,
): ChosenBackend {
  if (choice === "deno") return { backend: new DenoBackend() };
  const support = ffiSupport();
  if (support.supported) return { backend: new EpollBackend(logger) };
  if (choice === "epoll") throw new ConfigError("backend", support.reason);
  return { backend: new DenoBackend(), reason: support.reason };
}

import type { Count } from "../base/counters.ts";
import type { ServerOptions } from "./options.ts";
import type { Server } from "./server.ts";

/** Options that can be sent to a thread. */
export type WorkerOptions = Omit<
  ServerOptions,
  "logger" | "workers" | "reverse" | "answer" | "signal" | "observer"
>;

/** What a worker is told. */
export type ToWorker =
  | { type: "start"; options: WorkerOptions }
  | { type: "close" }
  | { type: "abort" };

/** What a worker tells. */
export type FromWorker =
  | { type: "ready"; addr: Server["addr"]; report: string[] }
  | { type: "failed"; reason: string }
  | {
    type: "log";
    level: "debug" | "info" | "warn" | "error";
    message: string;
    fields: Record<string, unknown>;
  }
  | { type: "counts"; grown: Count[]; sessionCount: number }
  | { type: "closed" };

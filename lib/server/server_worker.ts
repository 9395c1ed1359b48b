// One worker of a server: a thread with a listening socket of its own.

import { Counters } from "../base/counters.ts";
import { errorText } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { parseServerOptions } from "./options.ts";
import { type Server, startOne } from "./server.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./worker_messages.ts";

/** How often counts are told. */
const TELL_MS = 500;

// The default types are those of a window; this runs in a worker.
const worker = self as unknown as {
  postMessage(message: FromWorker): void;
  onmessage: (event: MessageEvent<ToWorker>) => void;
  close(): void;
};

let server: Server | undefined;

worker.onmessage = ({ data }): void => {
  switch (data.type) {
    case "start":
      void start(data.options);
      return;
    case "close":
      void server?.close();
      return;
    case "abort":
      server?.abort();
      return;
  }
};

async function start(options: WorkerOptions): Promise<void> {
  try {
    const logger = loggerWith({});
    server = await startOne(parseServerOptions({ ...options, logger }));
  } catch (error) {
    worker.postMessage({ type: "failed", reason: errorText(error) });
    return worker.close();
  }
  const { addr } = server;
  worker.postMessage({ type: "ready", addr, report: server.report() });
  const tellCounts = teller(server);
  const timer = setInterval(tellCounts, TELL_MS);
  await server.closed.catch(() => {});
  clearInterval(timer);
  tellCounts();
  worker.postMessage({ type: "closed" });
  worker.close();
}

/** Tells by how much the counts have grown since the last time. */
function teller({ counters }: Server): () => void {
  const told = new Counters();
  let sessions = 0;
  return () => {
    const grown = counters.counts().flatMap(({ name, labels, value }) => {
      const more = value - told.count(name, labels);
      return more > 0 ? [{ name, labels, value: more }] : [];
    });
    for (const { name, labels, value } of grown) told.add(name, labels, value);
    const { sessionCount } = server!;
    if (grown.length === 0 && sessionCount === sessions) return;
    sessions = sessionCount;
    worker.postMessage({ type: "counts", grown, sessionCount });
  };
}

/** A logger of which the lines are written by the main thread. */
function loggerWith(base: Record<string, unknown>): Logger {
  const log = (level: "debug" | "info" | "warn" | "error") =>
  (
    message: string,
    fields: Record<string, unknown> = {},
  ): void => {
    const texts = Object.entries({ ...base, ...fields }).map((
      [name, value],
    ) => [name, typeof value === "object" ? errorText(value) : value]);
    worker.postMessage({
      type: "log",
      level,
      message,
      fields: Object.fromEntries(texts),
    });
  };
  return {
    debug: log("debug"),
    info: log("info"),
    warn: log("warn"),
    error: log("error"),
    child: (fields) => loggerWith({ ...base, ...fields }),
  };
}

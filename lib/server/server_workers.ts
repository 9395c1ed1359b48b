import { ConfigError, TunnelError } from "../base/errors.ts";
import { Counters } from "../base/counters.ts";
import { type Logger, SILENT } from "../base/logger.ts";
import type { ServerOptions } from "./options.ts";
import type { Server } from "./server.ts";
import type { FromWorker, ToWorker, WorkerOptions } from "./worker_messages.ts";
import type { TokenApi } from "../tokens/token_api.ts";

/**
 * Starts a server of several threads. Each has a listening socket of its own at
 * the same port (`SO_REUSEPORT`, socket(7)) and so a queue of its own for SYNs with
 * data; the kernel spreads clients over them.
 *
 * @throws {ConfigError} if this system or an option does not allow it
 * @throws {TunnelError} if it cannot listen
 */
export async function startWorkers(
  all: ServerOptions,
  workers: number,
): Promise<Server> {
  // One file is enough for threads that meet the same targets.
  const {
    workers: _workers,
    logger = SILENT,
    reverse,
    answer,
    stateDir,
    signal: _signal,
    observer,
    ...options
  } = all;
  if (Deno.build.os !== "linux") {
    throw new ConfigError("workers", "more than one needs Linux");
  }
  // Without the flag Deno would end the process at `reusePort`.
  if (!("listenDatagram" in Deno)) {
    const text = "more than one needs Deno's flag --unstable-net";
    throw new ConfigError("workers", text);
  }
  if (reverse !== undefined || answer !== undefined) {
    // Only one of them would know a provider, or a new token.
    const rule = "more than one serve forward clients only, without an API";
    throw new ConfigError("workers", rule);
  }
  if (observer !== undefined) {
    throw new ConfigError("observer", "cannot be told of other threads");
  }
  const server = new ServerWorkers(logger, options.token);
  try {
    const addr = await server.add({
      ...options,
      reusePort: true,
      ...(stateDir === undefined ? {} : { stateDir }),
    });
    const rest = { ...options, reusePort: true, port: addr.port };
    await Promise.all(
      Array.from({ length: workers - 1 }, () => server.add(rest)),
    );
    return server;
  } catch (error) {
    server.abort();
    throw error;
  }
}

/** The workers have their tokens from the start. */
function fixedTokens(snapshot: TokenApi["snapshot"]): TokenApi {
  const refuse = (): never => {
    const text = "tokens cannot be changed with several workers";
    throw new TunnelError("unsupported", text);
  };
  return {
    addForward: refuse,
    addReverse: refuse,
    addConnector: refuse,
    remove: refuse,
    snapshot,
    socksAddr: () => undefined,
  };
}

class ServerWorkers implements Server {
  readonly counters = new Counters();
  readonly #logger: Logger;
  readonly #workers = new Map<Worker, { sessionCount: number }>();
  readonly #closed = Promise.withResolvers<void>();
  readonly closed: Promise<void> = this.#closed.promise;
  #addr: Server["addr"] | undefined;
  #report: string[] = [];
  readonly tokens: TokenApi;

  constructor(logger: Logger, token: string | undefined) {
    this.#logger = logger;
    this.tokens = fixedTokens(() =>
      token === undefined
        ? []
        : [{ token, type: "forward", clientsCount: this.sessionCount }]
    );
    this.closed.catch(() => {});
  }

  /** One more; resolves when it listens. */
  add(options: WorkerOptions): Promise<Server["addr"]> {
    // In this form `deno compile` finds the file.
    const worker = new Worker(
      new URL("./server_worker.ts", import.meta.url),
      { type: "module" },
    );
    this.#workers.set(worker, { sessionCount: 0 });
    const ready = Promise.withResolvers<Server["addr"]>();
    worker.onmessage = ({ data }: MessageEvent<FromWorker>): void => {
      switch (data.type) {
        case "ready":
          this.#addr ??= data.addr;
          this.#report = data.report;
          return ready.resolve(data.addr);
        case "failed":
          ready.reject(new TunnelError("unavailable", data.reason));
          return this.#gone(worker);
        case "log":
          return this.#logger[data.level](data.message, data.fields);
        case "counts":
          for (const { name, labels, value } of data.grown) {
            this.counters.add(name, labels, value);
          }
          this.#workers.set(worker, { sessionCount: data.sessionCount });
          return;
        case "closed":
          return this.#gone(worker);
      }
    };
    worker.onerror = (event): void => {
      // Its sessions are lost with it; the others go on.
      event.preventDefault();
      this.#logger.error("A worker has died", { error: event.message });
      ready.reject(new TunnelError("failed", event.message));
      worker.terminate();
      this.#gone(worker);
    };
    worker.postMessage({ type: "start", options } satisfies ToWorker);
    return ready.promise;
  }

  #gone(worker: Worker): void {
    this.#workers.delete(worker);
    if (this.#workers.size === 0) this.#closed.resolve();
  }

  #tell(message: ToWorker): void {
    for (const worker of this.#workers.keys()) worker.postMessage(message);
  }

  get addr(): Server["addr"] {
    return this.#addr!;
  }

  get sessionCount(): number {
    let sum = 0;
    for (const { sessionCount } of this.#workers.values()) sum += sessionCount;
    return sum;
  }

  report(): string[] {
    return this.#report;
  }

  // A thread has neither.
  unref(): void {}
  ref(): void {}

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  close(): Promise<void> {
    this.#tell({ type: "close" });
    return this.closed;
  }

  abort(): void {
    this.#tell({ type: "abort" });
  }
}

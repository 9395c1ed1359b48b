import { Counters } from "../../lib/base/counters.ts";
import type { CommandContext } from "../../lib/cli/command.ts";
import type {
  RunningClient,
  RunningServer,
} from "../../lib/cli/role_starters.ts";
import {
  type ClientOptions,
  parseClientOptions,
} from "../../lib/client/options.ts";
import {
  parseServerOptions,
  type ServerOptions,
} from "../../lib/server/options.ts";

/** A role that does nothing but end when it is told to. */
export class FakeRole {
  readonly calls: string[] = [];
  readonly ending = Promise.withResolvers<void>();
  readonly ready: Promise<void> = Promise.resolve();

  get closed(): Promise<void> {
    return this.ending.promise;
  }

  close(): Promise<void> {
    this.calls.push("close");
    this.ending.resolve();
    return this.closed;
  }

  abort(): void {
    this.calls.push("abort");
  }
}

/** Signals that tests raise. */
export class FakeSignals {
  readonly names = ["SIGINT", "SIGTERM"] as const;
  readonly reports = ["SIGUSR1"] as const;
  readonly listeners: Array<[Deno.Signal, () => void]> = [];
  /** Raise the first signal as soon as somebody listens. */
  atOnce = false;

  add(name: Deno.Signal, listener: () => void): void {
    this.listeners.push([name, listener]);
    if (this.atOnce && this.listeners.length === this.names.length) {
      queueMicrotask(() => this.raise(this.names[0]));
    }
  }

  remove(name: Deno.Signal, listener: () => void): void {
    const at = this.listeners.findIndex(([n, l]) =>
      n === name && l === listener
    );
    this.listeners.splice(at, 1);
  }

  raise(name: Deno.Signal): void {
    for (const [heard, listener] of [...this.listeners]) {
      if (heard === name) listener();
    }
  }
}

/** What tests may set, and what they look at afterwards. */
export class FakeWorld implements CommandContext {
  readonly stdout: string[] = [];
  readonly stderr: string[] = [];
  readonly signals = new FakeSignals();
  readonly variables: Record<string, string>;
  readonly serverRole = new FakeRole();
  readonly clientRole = new FakeRole();
  takenPorts: readonly number[] = [];
  serverStart?: ServerOptions;
  clientStart?: ClientOptions;
  /** Thrown instead of starting. */
  serverError?: Error;
  clientError?: Error;

  readonly output = {
    colored: false,
    out: (line: string) => void this.stdout.push(line),
    err: (line: string) => void this.stderr.push(line),
  };

  readonly roles = {
    startServer: async (options: ServerOptions): Promise<RunningServer> => {
      const { hostname, port, reverse: [reverse] } = parseServerOptions(
        options,
      );
      this.serverStart = options;
      if (this.serverError) throw this.serverError;
      await Promise.resolve();
      return Object.assign(this.serverRole, {
        counters: new Counters(),
        addr: { hostname, port: port || 40001 },
        tokens: {
          snapshot: () => [{ type: "reverse", port: reverse?.port ?? -1 }],
        },
        report: () => ["ws: server line"],
      });
    },
    startClient: async (options: ClientOptions): Promise<RunningClient> => {
      const { socksHost, socksPort } = parseClientOptions(options);
      this.clientStart = options;
      if (this.clientError) throw this.clientError;
      await Promise.resolve();
      return Object.assign(this.clientRole, {
        counters: new Counters(),
        addr: { hostname: socksHost, port: socksPort || 40002 },
        report: () => ["socks: client line"],
      });
    },
  };

  constructor(variables: Record<string, string> = {}) {
    this.variables = variables;
    this.signals.atOnce = true;
  }

  readonly environment = (name: string): string | undefined =>
    this.variables[name];

  readonly isPortFree = (port: number): boolean =>
    !this.takenPorts.includes(port);
}

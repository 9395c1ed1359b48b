import type { Counters } from "../base/counters.ts";
import type { ClientOptions } from "../client/options.ts";
import type { ServerOptions } from "../server/options.ts";
import type { Stoppable } from "./signals.ts";

/** Where a listener can be reached. */
export interface ListenAddr {
  /** An IP or a name. */
  hostname: string;
  /** The port, never 0. */
  port: number;
}

/** A running server, as far as the commands use it. */
export interface RunningServer extends Stoppable {
  /** Where it listens. */
  readonly addr: ListenAddr;
  /** What happened so far. */
  readonly counters: Counters;
  /** Its tokens. */
  readonly tokens: {
    /** Tells the SOCKS port of a reverse token; -1 if it has none. */
    snapshot(): { type: string; port?: number }[];
  };
  /** One line for each hop: what TCP Fast Open does there. */
  report(): string[];
}

/** A running client, as far as the commands use it. */
export interface RunningClient extends Stoppable {
  /** Where SOCKS5 listens, once it does. */
  readonly addr?: ListenAddr | undefined;
  /** What happened so far. */
  readonly counters: Counters;
  /** Resolves with the first session. */
  readonly ready: Promise<void>;
  /** One line for each hop: what TCP Fast Open does there. */
  report(): string[];
}

/** Starts the roles; tests put their own in its place. */
export interface RoleStarters {
  /** Starts a server and resolves when it listens. */
  startServer(options: ServerOptions): Promise<RunningServer>;
  /** Starts a client. */
  startClient(options: ClientOptions): Promise<RunningClient>;
}

/** The real roles, loaded when one is started: `--help` does not wait for them. */
export const ROLE_STARTERS: RoleStarters = {
  async startServer(options) {
    const { startServer } = await import("../server/start_server.ts");
    return await startServer(options);
  },
  async startClient(options) {
    const { startClient } = await import("../client/client.ts");
    return await startClient(options);
  },
};

import type { BackendChoice } from "../net/choose_backend.ts";
import type { PortRange } from "../net/port_range.ts";
import type { TfoChoice } from "../net/tfo_choice.ts";
import type { TokenApi } from "../tokens/token_api.ts";
import type { Counters } from "../base/counters.ts";
import type { Logger } from "../base/logger.ts";
import type { Stoppable } from "./signals.ts";

/** Where a listener can be reached. */
export interface ListenAddr {
  /** An IP or a name. */
  hostname: string;
  /** The port, never 0. */
  port: number;
}

/** What the commands say about sockets, whatever the role. */
export interface SocketOptions {
  /** Where TCP Fast Open is used. */
  tfo: TfoChoice;
  /** Put any first bytes into a SYN, not only those that may arrive twice. */
  tfoAny: boolean;
  /** Which sockets. */
  backend: BackendChoice;
  /** Where to keep what is learnt about targets. */
  stateDir?: string;
  /** Where the role says what it does. */
  logger: Logger;
}

/** What the commands say of a server's token for providers. */
export interface ReverseStart {
  /** The secret that providers show. */
  token: string;
  /** Where SOCKS5 listens; 0 takes a free one. */
  port: number;
  /** The name that apps must give. */
  username?: string;
  /** The password that goes with it. */
  password?: string;
  /** Providers manage their connectors; there is no SOCKS5 listener. */
  autonomy: boolean;
  /** The secret that connectors show. */
  connectorToken?: string;
}

/** What the commands pass to a server. */
export interface ServerStart extends SocketOptions {
  /** The secret that forward clients show. */
  token?: string;
  /** The secret that providers show, with what belongs to it. */
  reverse?: ReverseStart;
  /** Where SOCKS5 listens in reverse mode. */
  socksHost?: string;
  /** Listen there before a provider is there. */
  socksNoWait?: boolean;
  /** Answer apps there before the target has. */
  optimistic?: boolean;
  /** Where apps there send their datagrams. */
  udpHost?: string;
  /** The ports for that. */
  udpPorts?: PortRange;
  /** Answers requests that are not for a tunnel. */
  answer?: (
    request: Request,
    tokens: TokenApi,
  ) => Response | Promise<Response> | undefined;
  /** How long a connector's request waits for a provider, in milliseconds. */
  connectorWaitMs?: number;
  /** Where to listen. */
  hostname: string;
  /** The port; 0 takes a free one. */
  port: number;
  /** The proxy through which TCP targets are dialled. */
  upstreamProxy?: string;
  /** Threads with a listening socket each. */
  workers?: number;
}

/** What the commands pass to a client. */
export interface ClientStart extends SocketOptions {
  /** The server, or several. */
  url: string | readonly string[];
  /** The secret that the server knows. */
  token: string;
  /** Be a provider: dial targets. */
  reverse?: boolean;
  /** What a provider registers for its connectors. */
  connectorToken?: string;
  /** Where SOCKS5 listens. */
  socksHost: string;
  /** Its port; 0 takes a free one. */
  socksPort: number;
  /** The name that apps must give. */
  username?: string;
  /** The password that goes with it. */
  password?: string;
  /** Answer apps before the target has. */
  optimistic: boolean;
  /** Listen before there is a session. */
  noWait: boolean;
  /** Open a new session when one is lost. */
  reconnect: boolean;
  /** Go on when the server rejects the token. */
  retryAuth: boolean;
  /** Where variables that name a proxy are looked up. */
  environmentProxy?: (name: string) => string | undefined;
  /** Show the token to other hosts that the server redirects to. */
  followHosts?: boolean;
  /** The proxy through which a provider dials TCP targets. */
  upstreamProxy?: string;
  /** WebSockets to the server. */
  threads?: number;
  /** Replace each WebSocket after this time, in milliseconds; 0 never. */
  renewMs?: number;
  /** Where apps send their datagrams. */
  udpHost?: string;
  /** The ports for that. */
  udpPorts?: PortRange;
  /** Certificates to trust beside those of the system, as PEM. */
  caCerts?: string[];
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
  startServer(options: ServerStart): Promise<RunningServer>;
  /** Starts a client. */
  startClient(options: ClientStart): Promise<RunningClient>;
}

/** The real roles, loaded when one is started: `--help` does not wait for them. */
export const ROLE_STARTERS: RoleStarters = {
  async startServer(options) {
    const { startServer } = await import("../server/server.ts");
    return await startServer(options);
  },
  async startClient(options) {
    const { startClient } = await import("../client/client.ts");
    return await startClient(options);
  },
};

import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import type { Backend } from "../net/backend.ts";
import type { SocketAddress } from "../net/conn.ts";
import { Session, type SessionOptions } from "../session/session.ts";
import type { Transport } from "../session/transport.ts";
import type { EntryOptions } from "../entry/entry.ts";
import type { SpeaksFirst } from "../entry/speaks_first.ts";
import type { ExitStack } from "../exit/exit_stack.ts";

/** Shared by the parts of a server. */
export interface ServerContext {
  /** Where sockets come from. */
  readonly backend: Backend;
  /** Reaches targets, in forward mode. */
  readonly exit: ExitStack;
  /** UDP options of SOCKS ports. */
  readonly udpEntry: NonNullable<EntryOptions["udp"]>;
  readonly logger: Logger;
  readonly observer: Observer;
  /** Where SOCKS ports listen: an IP address. */
  readonly socksHost: string;
  /** Take data in the SYNs of apps. */
  readonly socksFastOpen: boolean;
  /** Open SOCKS ports before there is a provider. */
  readonly socksNoWait: boolean;
  /** Tell apps that they are connected before the target is. */
  readonly optimistic: boolean;
  /** Targets for which an app is not waited for. */
  readonly speaksFirst: SpeaksFirst;
  /** How long a connector's request waits for a provider, in milliseconds. */
  readonly connectorWaitMs: number;
}

/** A client that was let in. */
export interface AdmittedClient {
  /** Waits for a handler. */
  readonly transport: Transport;
  /** It has the extension. */
  readonly v1: boolean;
  /** Where it comes from. */
  readonly remote: SocketAddress;
  /** The UUID of its process, if it sent one. */
  readonly instance: string | undefined;
  /** Called at its first message after the login. */
  readonly heard: () => void;
  /** Logs with its address. */
  readonly logger: Logger;
}

/** Opens the session with a client. */
export function openSession(
  { backend }: ServerContext,
  { transport, v1, heard, logger }: AdmittedClient,
  options: Pick<SessionOptions, "accept" | "acceptDatagrams" | "control">,
): Session {
  return new Session(transport, {
    v1,
    atTurnEnd: (task) => backend.atTurnEnd(task),
    heard,
    logger,
    ...options,
  });
}

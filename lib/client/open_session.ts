import type { Observer } from "../base/events.ts";
import { directDialer } from "../dial/direct_dialer.ts";
import type { FastOpenMemory } from "../dial/fast_open_memory.ts";
import type { Backend } from "../net/backend.ts";
import { fastOpenSupport } from "../net/fast_open.ts";
import { Resolver } from "../net/resolver.ts";
import { Session } from "../session/session.ts";
import { dialTunnel } from "../transport/dial_tunnel.ts";
import type { ClientSide } from "./client_side.ts";
import { dialFastest, type FastestTunnel } from "./dial_fastest.ts";
import { environmentProxyOf } from "./environment_proxy_of.ts";
import type { CheckedClientOptions } from "./options.ts";

/** What sessions are opened with, beside the options of the client. */
export interface SessionParts {
  /** Where sockets come from. */
  backend: Backend;
  /** Where Fast Open does not work. */
  memory: FastOpenMemory;
  /** Is told of each session. */
  observer: Observer;
  /** What uses the sessions. */
  side: () => ClientSide;
}

/**
 * Makes what opens a session with the server that answers first.
 *
 * @throws {ConfigError} if the environment names a proxy that cannot be used
 */
export function sessionOpener(
  options: CheckedClientOptions,
  { backend, memory, observer, side }: SessionParts,
): (signal: AbortSignal) => Promise<Session> {
  const { urls, token, reverse, followHosts, caCerts, logger } = options;
  const proxyFor = environmentProxyOf(urls, options.environmentProxy, logger);
  const dialer = directDialer(backend, new Resolver(), {
    fastOpen: options.tfo.tunnel && fastOpenSupport().dial.supported,
    synFailed: () => observer({ type: "synFailed", hop: "tunnel" }),
    memory,
  });
  const identity = { token, reverse, instance: crypto.randomUUID() };
  const dial = (url: URL, signal: AbortSignal) =>
    dialTunnel({
      url,
      identity,
      backend,
      dialer,
      proxyFor,
      followHosts,
      signal,
      ...(caCerts ? { caCerts } : {}),
    });
  return async (signal) => {
    const tunnel = await dialFastest(urls, dial, signal);
    const session = new Session(tunnel.transport, {
      v1: tunnel.v1,
      atTurnEnd: (task) => backend.atTurnEnd(task),
      logger,
      ...side().sessionOptions(),
    });
    tellOpened(tunnel, session, options, observer);
    const onAbort = () => session.close();
    signal.addEventListener("abort", onAbort, { once: true });
    try {
      await side().joined(session, tunnel.pong);
    } finally {
      signal.removeEventListener("abort", onAbort);
    }
    return session;
  };
}

function tellOpened(
  { url: { host }, v1, syn }: FastestTunnel,
  session: Session,
  { logger }: CheckedClientOptions,
  observer: Observer,
): void {
  const { result, rttUs, reason } = syn;
  observer({ type: "syn", hop: "tunnel", result, rttUs });
  observer({ type: "sessionOpened", peer: host, v1 });
  logger.info("Connected to the server", {
    ...{ server: host, speaks: v1 ? "synsocks" : "linksocks", syn: result },
    ...(result === "avoided" ? { because: reason } : {}),
  });
  session.closed.then(({ message: reason }) =>
    observer({ type: "sessionClosed", peer: host, reason })
  );
}

import { TunnelError } from "../base/errors.ts";
import { SILENT } from "../base/logger.ts";
import type { Dialed, Dialer, DialOptions, Target } from "../dial/dialer.ts";
import { directDialer } from "../dial/direct_dialer.ts";
import { chooseBackend } from "../net/choose_backend.ts";
import type { Backend } from "../net/backend.ts";
import type { FastOpenResult } from "../net/fast_open.ts";
import { Resolver } from "../net/resolver.ts";
import { dialTunnel } from "../transport/dial_tunnel.ts";
import { normalizeTunnelUrl, targetOf } from "../transport/tunnel_url.ts";
import type { Check, Finding } from "./check.ts";
import { judgeTrials, type Peer } from "./judge_trials.ts";
import { resultOf, runTrials, type Trial, type Trials } from "./trials.ts";

/** The server to ask. */
export interface ServerCheckOptions {
  /** As `--url` of the client. */
  url: string;
  /** As `--token` of the client. */
  token: string;
  /** PEM of certificates to trust in addition. */
  caCerts?: readonly string[];
}

const PEER: Peer = {
  who: "the server",
  enable: "sysctl -w net.ipv4.tcp_fastopen=3 (at the server)",
  avoid: "client --tfo socks (keeps the tunnel's SYN plain)",
};

/** Records the bytes and the result of a dial's SYN. */
class RecordingDialer implements Dialer {
  bytes = 0;
  result: FastOpenResult = "off";
  readonly #next: Dialer;

  constructor(next: Dialer) {
    this.#next = next;
  }

  async dial(target: Target, options: DialOptions = {}): Promise<Dialed> {
    this.bytes = options.first?.length ?? 0;
    const dialed = await this.#next.dial(target, options);
    this.result = resultOf(dialed.conn.fastOpen);
    return dialed;
  }
}

class ServerTrials {
  /** The server's rejection of the token; empty if admitted. */
  rejection = "";
  readonly #backend: Backend;
  readonly #resolver = new Resolver();
  readonly #url: URL;
  readonly #options: ServerCheckOptions;
  readonly #signal: AbortSignal;

  constructor(
    backend: Backend,
    options: ServerCheckOptions,
    signal: AbortSignal,
  ) {
    this.#backend = backend;
    this.#url = normalizeTunnelUrl(options.url);
    this.#options = options;
    this.#signal = signal;
  }

  /** Times one tunnel, up to the answer to the token. */
  async dial(fastOpen: boolean): Promise<Trial> {
    const { token, caCerts } = this.#options;
    const dialer = new RecordingDialer(
      directDialer(this.#backend, this.#resolver, {
        fastOpen,
        anyBytes: true,
      }),
    );
    const start = performance.now();
    try {
      const { transport } = await dialTunnel({
        url: this.#url,
        identity: { token, reverse: false, instance: crypto.randomUUID() },
        backend: this.#backend,
        dialer,
        ...(caCerts ? { caCerts } : {}),
        signal: this.#signal,
      });
      transport.close();
    } catch (error) {
      // An answer all the same; the time to it counts.
      if (!(error instanceof TunnelError) || error.code !== "auth") throw error;
      this.rejection = error.message;
    }
    const ms = performance.now() - start;
    return { result: dialer.result, bytes: dialer.bytes, ms };
  }
}

async function run(
  options: ServerCheckOptions,
  signal: AbortSignal,
): Promise<Finding> {
  const { backend } = chooseBackend("auto", SILENT);
  const trials = new ServerTrials(backend, options, signal);
  let outcome: Trials;
  try {
    outcome = await runTrials((fastOpen) => trials.dial(fastOpen));
  } finally {
    await backend.idle();
  }
  const finding = judgeTrials(outcome, PEER);
  if (trials.rejection === "") return finding;
  return {
    ...finding,
    status: "fail",
    detail: `the server rejects the token: ${trials.rejection}. ` +
      finding.detail,
    fix: finding.fix ?? "--token with the server's token",
  };
}

/**
 * Opens tunnels to a server, with and without Fast Open. The SYN has the upgrade
 * request (`ws`) or the ClientHello (`wss`).
 */
export function serverCheck(options: ServerCheckOptions): Check {
  return {
    id: "server",
    title: "tunnel",
    group: "server",
    peer: targetOf(normalizeTunnelUrl(options.url)),
    run: (signal) => run(options, signal),
  };
}

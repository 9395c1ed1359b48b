import { ffiSupport } from "../../ffi/mod.ts";
import { formatTarget, type Target } from "../base/address.ts";
import { ConfigError } from "../base/errors.ts";
import { dialFastOpen } from "../dial/dial_fast_open.ts";
import { fastOpenSupport, type Lack } from "../net/fast_open.ts";
import { Resolver } from "../net/resolver.ts";
import type { Check, Finding } from "./check.ts";
import { type Cookie, probeCookie } from "./cookie_probe.ts";
import { firstBytesFor } from "./first_bytes.ts";
import { judgeTrials, PAUSED, type Peer } from "./judge_trials.ts";
import { resultOf, runTrials, type Trial } from "./trials.ts";

const PEER: Peer = {
  who: "the target",
  enable: "sysctl -w net.ipv4.tcp_fastopen=3 (at the target, and its program " +
    "must ask for it, such as nginx: listen 443 fastopen=256)",
  avoid: "server --tfo ws (keeps SYNs to targets plain)",
};

/**
 * Reads `host:port`, with brackets around IPv6.
 *
 * @throws {ConfigError} if it is none
 */
export function parseTarget(text: string): Target {
  const match = /^(?:\[([0-9a-f:.]+)\]|([^:[\]\s/]+)):(\d{1,5})$/i.exec(text);
  const host = match?.[1] ?? match?.[2];
  const port = Number(match?.[3]);
  if (host === undefined || port < 1 || port > 65_535) {
    throw new ConfigError(
      "target",
      `must be host:port but got ${JSON.stringify(text)}`,
    );
  }
  return { host, port };
}

/** One dial, up to the first byte of the answer. */
async function dialOnce(
  { host: hostname, port }: Target,
  data: Uint8Array,
  fastOpen: boolean,
  signal: AbortSignal,
): Promise<Trial> {
  const start = performance.now();
  using conn = await dialFastOpen({ hostname, port, data, fastOpen, signal });
  // A target that ends without an answer has seen the bytes all the same.
  const close = () => conn.close();
  signal.addEventListener("abort", close, { once: true });
  await conn.read(new Uint8Array(1024));
  signal.removeEventListener("abort", close);
  const ms = performance.now() - start;
  return { result: resultOf(conn.fastOpen), bytes: data.length, ms };
}

/** Asks the first address that can be reached. */
async function probeFirst(
  { host, port }: Target,
  signal: AbortSignal,
): Promise<Cookie> {
  let failure: unknown;
  for (const address of await new Resolver().resolve(host)) {
    try {
      return await probeCookie({ host: address, port }, signal);
    } catch (error) {
      signal.throwIfAborted();
      failure ??= error;
    }
  }
  throw failure;
}

/** A port of which nothing is known: only the cookie is asked for. */
async function runCookie(
  target: Target,
  signal: AbortSignal,
): Promise<Finding> {
  const ffi = ffiSupport();
  if (!ffi.supported) return failed(ffi);
  const { dial } = fastOpenSupport();
  if (!dial.supported) return failed(dial);
  const { port } = target;
  const cookie = await probeFirst(target, signal);
  return cookieFinding(cookie, port);
}

function failed({ reason: detail, fix }: Lack): Finding {
  return { status: "fail", detail, ...(fix === undefined ? {} : { fix }) };
}

function cookieFinding(cookie: Cookie, port: number): Finding {
  const facts = { cookie };
  const silent = `no data was sent, for nothing is known of port ${port}`;
  switch (cookie) {
    case "given":
      return { status: "pass", detail: `gives a cookie; ${silent}`, facts };
    case "before":
      return {
        status: "warn",
        detail:
          "reached; a cookie of this address is there from before, maybe " +
          `of another port; ${silent}`,
        fix: "ip tcp_metrics delete ADDRESS, then ask again",
        facts,
      };
    case "paused":
      return { status: "fail", facts, ...PAUSED };
    case "none":
      return {
        status: "fail",
        detail: "reached, but the target gives no cookie",
        fix: PEER.enable,
        facts,
      };
  }
}

/**
 * Dials any target, with and without Fast Open. What it sends is in
 * `first_bytes.ts`.
 */
export function targetCheck(target: Target): Check {
  const data = firstBytesFor(target);
  return {
    id: "target",
    title: formatTarget(target),
    group: "target",
    peer: target,
    async run(signal) {
      if (data === undefined) return await runCookie(target, signal);
      const trials = await runTrials((fastOpen) =>
        dialOnce(target, data, fastOpen, signal)
      );
      return judgeTrials(trials, PEER);
    },
  };
}

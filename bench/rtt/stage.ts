import { RunningProcess } from "../load/processes.ts";
import { ip } from "./ip.ts";
import { type Processors, shareProcessors } from "./processors.ts";
import type { WireOptions } from "./wire.ts";

/** Addresses: the same on each stage, as no stage sees another. */
export const SERVER_HOST = "10.9.0.2";
/** Where the origin is, as the server and the client's host see it. */
export const TARGET_HOST = "10.9.1.2";
/** The origin's port. */
export const TARGET_PORT = 8080;
const CLIENT_HOST = "10.9.0.1";
const SERVER_SIDE = "10.9.1.1";
/** Both halves of TCP Fast Open, as a host that wants it has. */
const FAST_OPEN_SYSCTL = 3;
const HOSTS = ["client", "server", "target"] as const;

/** A host of a stage: a network namespace. */
export type Host = typeof HOSTS[number];

/** How far apart the three hosts are. */
export interface Distances {
  /** Round trip between client and server, in milliseconds. */
  t: number;
  /** Round trip between server and target, in milliseconds. */
  d: number;
  /** Part of the packets that is lost on each wire and in each direction. */
  loss: number;
}

const PROCESSORS = Deno.build.os === "linux" ? shareProcessors() : undefined;

function pinned(
  use: keyof Processors,
  command: readonly string[],
  env: Record<string, string> = {},
): RunningProcess {
  const [program, ...args] = PROCESSORS
    ? ["taskset", "-c", PROCESSORS[use], ...command]
    : command;
  return new RunningProcess(program!, args, env);
}

/** All namespaces there are, so that none is left behind. */
const NAMESPACES = new Set<string>();

/** Removes all namespaces on an exit of any kind. */
export function guardNamespaces(): void {
  globalThis.addEventListener("unload", () => NAMESPACES.forEach(remove));
}

function remove(namespace: string): void {
  if (NAMESPACES.delete(namespace)) ip("netns", "delete", namespace);
}

/** Why no stage can be set up here; nothing if it can. */
export function whyNoStage(): string | undefined {
  if (Deno.build.os !== "linux") return "needs Linux";
  if (Deno.uid() !== 0) return "needs root for network namespaces";
  const name = `synsocks-${crypto.randomUUID().slice(0, 8)}`;
  try {
    Deno.statSync("/dev/net/tun");
    ip("netns", "add", name);
    ip("netns", "delete", name);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function urlOf(file: string): string {
  return new URL(file, import.meta.url).pathname;
}

/**
 * Three hosts in a row, client, server and target, each a network namespace of its
 * own; the client reaches the target through the server's host. An origin runs at
 * the target.
 */
export class Stage implements AsyncDisposable {
  /** How far apart they are. */
  readonly distances: Distances;
  readonly #id = `synsocks-${crypto.randomUUID().slice(0, 8)}`;
  readonly #running: RunningProcess[] = [];

  /** Nothing exists before `open`. */
  constructor(distances: Distances) {
    this.distances = distances;
  }

  /** Sets it up. */
  static async open(distances: Distances, seed: number): Promise<Stage> {
    const stage = new Stage(distances);
    try {
      await stage.#setUp(seed);
      return stage;
    } catch (error) {
      await stage[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** The name of a host's network namespace. */
  namespaceOf(host: Host): string {
    return `${this.#id}-${host}`;
  }

  /** Runs a program at a host; the caller ends it. */
  run(
    host: Host,
    program: string,
    args: readonly string[],
    env: Record<string, string> = {},
  ): RunningProcess {
    const namespace = this.namespaceOf(host);
    const command = ["ip", "netns", "exec", namespace, program, ...args];
    return pinned("hosts", command, env);
  }

  /** Runs a program of ours at a host; the caller ends it. */
  runDeno(host: Host, file: string, args: readonly string[]): RunningProcess {
    return this.run(host, Deno.execPath(), [
      ...["run", "-A", "--unstable-net", urlOf(file)],
      ...args,
    ]);
  }

  async #setUp(seed: number): Promise<void> {
    const [client, server, target] = HOSTS.map((host) => {
      const namespace = this.namespaceOf(host);
      ip("netns", "add", namespace);
      NAMESPACES.add(namespace);
      ip("-n", namespace, "link", "set", "lo", "up");
      this.#sysctl(host, "tcp_fastopen", FAST_OPEN_SYSCTL);
      this.#sysctl(host, "ip_forward", 1);
      return namespace;
    }) as [string, string, string];
    const { t, d, loss } = this.distances;
    await this.#lay([
      {
        ...{ from: [client, CLIENT_HOST], to: [server, SERVER_HOST] },
        ...{ oneWayMs: t / 2, loss, seed },
      },
      {
        ...{ from: [server, SERVER_SIDE], to: [target, TARGET_HOST] },
        ...{ oneWayMs: d / 2, loss, seed: seed + 1 },
      },
    ]);
    ip("-n", client, "route", "add", TARGET_HOST, "via", SERVER_HOST);
    ip("-n", target, "route", "add", CLIENT_HOST, "via", SERVER_SIDE);
    const origin = this.runDeno("target", "origin.ts", [
      ...[TARGET_HOST, String(TARGET_PORT)],
    ]);
    this.#running.push(origin);
    await origin.find(/ready/);
  }

  #sysctl(host: Host, name: string, value: number): void {
    const path = `/proc/sys/net/ipv4/${name}`;
    const script = `echo ${value} > ${path}`;
    ip("netns", "exec", this.namespaceOf(host), "/bin/sh", "-c", script);
  }

  async #lay(wires: readonly WireOptions[]): Promise<void> {
    const process = pinned("wires", [
      ...[Deno.execPath(), "run", "-A"],
      ...[urlOf("wire.ts"), JSON.stringify(wires)],
    ]);
    this.#running.push(process);
    await process.find(/ready/);
  }

  /** Ends the wires and the origin, and removes the namespaces. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#running) await process[Symbol.asyncDispose]();
    for (const host of HOSTS) remove(this.namespaceOf(host));
  }
}

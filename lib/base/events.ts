import type { TunnelErrorCode } from "./errors.ts";

/** A place where a SYN can carry data. */
export type Hop = "socks" | "tunnel" | "ws" | "target";

/** What happened, for those who count, log or show it. */
export type TunnelEvent =
  /** A peer is authenticated. */
  | { type: "sessionOpened"; peer: string; v1: boolean }
  /** A session is over. */
  | { type: "sessionClosed"; peer: string; reason: string }
  /** An app's conn was accepted and asked for a target. */
  | { type: "requested" }
  /** A conn is there; what its SYN did, in the words of `FastOpenResult`. */
  | { type: "syn"; hop: Hop; result: string; rttUs: number }
  /** The exit could not reach a target. */
  | { type: "dialFailed"; code: TunnelErrorCode }
  /** An app had been told success, and the target was not reached. */
  | { type: "lateFailure"; code: TunnelErrorCode }
  /** An app's handshake was not understood or not completed. */
  | { type: "handshakeFailed" };

/** Is told what happens. Must not throw. */
export type Observer = (event: TunnelEvent) => void;

/** Counts what happens. */
export class Counters {
  readonly #counts = new Map<string, number>();

  /** Counts one event; give it as an `Observer`. */
  readonly observe: Observer = (event) => {
    this.add(event.type);
    switch (event.type) {
      case "syn":
        return this.add(`syn.${event.hop}.${event.result}`);
      case "dialFailed":
      case "lateFailure":
        return this.add(`${event.type}.${event.code}`);
    }
  };

  /** How often a kind of event has happened, such as `syn.target.acknowledged`. */
  count(name: string): number {
    return this.#counts.get(name) ?? 0;
  }

  /** All counts that are not zero, by name. */
  snapshot(): Record<string, number> {
    return Object.fromEntries([...this.#counts].sort());
  }

  /** Adds to one count. */
  add(name: string, count: number = 1): void {
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + count);
  }
}

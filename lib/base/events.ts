import type { Hop } from "./hop.ts";
import type { TunnelErrorCode } from "./errors.ts";

/**
 * Why a datagram was lost in this process.
 *
 * - `malformed`, `fragment`: an app's header that is not understood
 * - `stranger`: it came from somebody who does not own the association
 * - `nobody`: the app has not sent anything yet, so there is nowhere to answer
 * - `early`: too many before there was a socket
 * - `backlog`: the tunnel cannot take it now
 * - `target`: port 0, or no host
 * - `name`: its name did not resolve, or too many were being resolved
 * - `send.…`: what the system said
 */
export type DatagramLoss =
  | "malformed"
  | "fragment"
  | "stranger"
  | "nobody"
  | "early"
  | "backlog"
  | "target"
  | "name"
  | `send.${TunnelErrorCode}`;

/** An event, for observers that count, log or show it. */
export type TunnelEvent =
  /** A peer is authenticated. */
  | { type: "sessionOpened"; peer: string; v1: boolean }
  /** A session is over. */
  | { type: "sessionClosed"; peer: string; reason: string }
  /** An app's conn was accepted and asked for a target. */
  | { type: "requested" }
  /**
   * A conn was established; `result` is a `FastOpenResult`. Without a round
   * trip yet, `rttUs` is 0.
   */
  | { type: "syn"; hop: Hop; result: string; rttUs: number }
  /**
   * The round trip saved by an acknowledged SYN, if the kernel did not know it
   * at `syn`: an accepted conn's is measured one round trip later.
   */
  | { type: "synSaved"; hop: Hop; rttUs: number }
  /**
   * A SYN that carried data or asked for a cookie led to no conn: it was
   * refused, or had no answer until the dial was canceled.
   */
  | { type: "synFailed"; hop: Hop }
  /** The exit could not reach a target. */
  | { type: "dialFailed"; code: TunnelErrorCode }
  /** An app was told "connected", and the target was not reached. */
  | { type: "lateFailure"; code: TunnelErrorCode }
  /** An app's handshake was not understood or not completed. */
  | { type: "handshakeFailed" }
  /** A UDP association has begun, at either side. */
  | { type: "associated" }
  /** One is over. */
  | { type: "dissociated"; reason: string }
  /** Datagrams that went toward the target or the app since the last such event. */
  | {
    type: "datagrams";
    direction: "up" | "down";
    count: number;
    bytes: number;
  }
  /** Datagrams that were lost in this process since the last such event. */
  | { type: "datagramsLost"; reason: DatagramLoss; count: number };

/** Is told what happens. Must not throw. */
export type Observer = (event: TunnelEvent) => void;

import type { Target } from "../base/address.ts";
import type { TunnelError, TunnelErrorCode } from "../base/errors.ts";
import { IdleTimer } from "../base/idle_timer.ts";
import type { SocketAddress } from "../net/conn.ts";
import type { DatagramHandler, DatagramSocket } from "../net/datagrams.ts";
import { ipFamily } from "../net/ip.ts";
import type {
  DatagramChannel,
  DatagramOwner,
} from "../session/datagram_channel.ts";
import type { DatagramTally } from "../join/datagram_tally.ts";
import { HeldDatagrams, type HoldBudget } from "../join/held_datagrams.ts";
import type { UdpNames } from "./udp_names.ts";

/** What an association at the exit needs. */
export interface UdpFlowOptions {
  /** The way to the app. */
  channel: DatagramChannel;
  /** Resolves names. */
  names: UdpNames;
  /** How long it may be without datagrams, in milliseconds. */
  idleMs: number;
  /** Counts. */
  tally: DatagramTally;
  /** Bounds what waits. */
  budget: HoldBudget;
  /** It is over; called once. */
  finished(reason: string): void;
}

/** Upper bound on names of one association being resolved. */
const MAX_WAITING_NAMES = 16;

/**
 * One association on the target side: a channel and its socket. Any source may
 * answer, as through a full-cone NAT (RFC 3489, section 5).
 */
export class UdpFlow implements DatagramHandler, DatagramOwner {
  readonly #options: UdpFlowOptions;
  readonly #idle: IdleTimer;
  /** Datagrams that came before the socket was bound. */
  readonly #early: HeldDatagrams;
  /** Datagrams that wait for their name to resolve. */
  readonly #waiting = new Map<string, HeldDatagrams>();
  #socket: DatagramSocket | undefined;
  #over = false;

  /** Waits for `begin` or `refuse`. */
  constructor(options: UdpFlowOptions) {
    this.#options = options;
    const { tally, budget, idleMs } = options;
    this.#early = new HeldDatagrams(tally, budget);
    this.#idle = new IdleTimer(idleMs, () => {
      options.channel.disconnect("idle");
      this.#end("idle");
    });
  }

  /** There is a socket. */
  begin(socket: DatagramSocket): void {
    if (this.#over) return socket.close();
    this.#socket = socket;
    this.#options.channel.accept();
    this.#early.release((target, payload) => this.#send(target, payload));
  }

  /** There is none. */
  refuse(reason: string): void {
    if (this.#over) return;
    this.#options.channel.refuse(reason);
    this.#end(reason);
  }

  opened(): void {}

  closed(error?: TunnelError): void {
    this.#end(error?.message ?? "the peer closed");
  }

  #end(reason: string): void {
    if (this.#over) return;
    this.#over = true;
    this.#idle.stop();
    this.#socket?.close();
    this.#early.drop("early");
    for (const held of this.#waiting.values()) held.drop("name");
    this.#waiting.clear();
    this.#options.finished(reason);
  }

  // --- from the app ---

  datagram(target: Target, payload: Uint8Array): void {
    if (this.#over) return;
    this.#idle.touch();
    if (this.#socket) this.#send(target, payload);
    else this.#early.hold(target, payload);
  }

  #send(target: Target, payload: Uint8Array): void {
    const { host, port } = target;
    const { names, tally } = this.#options;
    if (port === 0 || host === "") return tally.lost("target");
    if (ipFamily(host)) return this.#sendTo(target, payload);
    const known = names.known(host);
    if (!known || this.#waiting.has(host)) return this.#wait(target, payload);
    if (known.address === undefined) return tally.lost("name");
    this.#sendTo({ host: known.address, port }, payload);
  }

  #sendTo(to: SocketAddress, payload: Uint8Array): void {
    this.#options.tally.up(payload.length);
    this.#socket!.send(payload, to);
  }

  #wait(target: Target, payload: Uint8Array): void {
    const { names, tally, budget } = this.#options;
    const { host } = target;
    const waiting = this.#waiting.get(host);
    if (waiting) return waiting.hold(target, payload);
    if (this.#waiting.size >= MAX_WAITING_NAMES) return tally.lost("name");
    const held = new HeldDatagrams(tally, budget);
    held.hold(target, payload);
    this.#waiting.set(host, held);
    names.ask(host).then((address) => {
      this.#waiting.delete(host);
      if (address === undefined) return held.drop("name");
      held.release(({ port }, payload) =>
        this.#sendTo({ host: address, port }, payload)
      );
    });
  }

  sendFailed(code: TunnelErrorCode): void {
    this.#options.tally.lost(`send.${code}`);
  }

  // --- from targets ---

  received(payload: Uint8Array, from: SocketAddress): void {
    if (this.#over) return;
    this.#idle.touch();
    const { channel, tally } = this.#options;
    if (channel.send(from, payload)) tally.down(payload.length);
    else tally.lost("backlog");
  }
}

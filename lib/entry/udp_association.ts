import type { Target } from "../base/address.ts";
import type { Deadline, Deadlines } from "../base/deadlines.ts";
import {
  errorCode,
  type TunnelError,
  type TunnelErrorCode,
} from "../base/errors.ts";
import { IdleTimer } from "../base/idle_timer.ts";
import type { Failure } from "../inbound/failure.ts";
import type { UdpRequest } from "../inbound/request.ts";
import { isFragment, parseUdpHeader } from "../inbound/udp_header.ts";
import {
  type Conn,
  type ConnHandler,
  END,
  FAILED,
  type SocketAddress,
} from "../net/conn.ts";
import type { DatagramHandler, DatagramSocket } from "../net/datagrams.ts";
import type {
  DatagramChannel,
  DatagramOwner,
} from "../session/datagram_channel.ts";
import type { DatagramTally } from "../join/datagram_tally.ts";
import { HeldDatagrams, type HoldBudget } from "../join/held_datagrams.ts";
import { AnswerWriter } from "./answer_writer.ts";

/** Options of an association. */
export interface UdpAssociationOptions {
  /** The app. */
  request: UdpRequest;
  /** Answer the app before the exit does. */
  optimistic: boolean;
  /** Keep the first datagrams until the exit has answered. */
  holdsEarly: boolean;
  /** Deadlines for the exit's answer. */
  responses: Deadlines;
  /** How long it may be without datagrams, in milliseconds. */
  idleMs: number;
  /** Counts. */
  tally: DatagramTally;
  /** Bounds what associations keep. */
  budget: HoldBudget;
  /** It is over; called once. */
  finished(reason: string): void;
}

/** Upper bound on bytes of the control conn, which should carry none. */
const MAX_CONTROL_BYTES = 65_536;

const CONTROL = new Uint8Array(4096);

/**
 * One association on the app side. Its control conn, socket and channel end
 * together.
 */
export class UdpAssociation
  implements ConnHandler, DatagramHandler, DatagramOwner {
  readonly #options: UdpAssociationOptions;
  readonly #conn: Conn;
  readonly #held: HeldDatagrams;
  readonly #idle: IdleTimer;
  readonly #appHost: string;
  #socket: DatagramSocket | undefined;
  #channel: DatagramChannel | undefined;
  /** Where the app sends from, once that is known. */
  #app: SocketAddress | undefined;
  #answered = false;
  #opened = false;
  #over = false;
  #controlBytes = 0;
  readonly #deadline: Deadline;
  readonly #answers = new AnswerWriter();

  constructor(options: UdpAssociationOptions) {
    this.#options = options;
    const { request, idleMs, tally, budget } = options;
    this.#conn = request.conn;
    this.#held = new HeldDatagrams(tally, budget);
    this.#appHost = this.#conn.remote.host;
    this.#app = appOfHint(request.hint, this.#appHost);
    this.#deadline = options.responses.add(() => this.fail("noAnswer"));
    this.#idle = new IdleTimer(idleMs, () => this.end("idle"));
    this.#conn.handler = this;
    // The end of the conn may have come with the request.
    queueMicrotask(() => this.readable());
  }

  /** Goes on with a socket; `open` asks the exit for a channel. */
  begin(
    socket: DatagramSocket,
    open: (owner: DatagramOwner) => DatagramChannel,
  ): void {
    if (this.#over) return socket.close();
    this.#socket = socket;
    this.#channel = open(this);
    if (this.#options.optimistic) this.#succeed();
  }

  /** Tells the app why there is no association, and ends. */
  fail(failure: Failure): void {
    if (this.#over) return;
    if (!this.#answered) {
      this.#answered = true;
      // The answer has to leave, so it is the request that closes the conn.
      this.#options.request.fail(failure);
      this.#release(failure);
    } else {
      this.end(failure);
    }
  }

  /** Ends the association on both sides. Idempotent. */
  end(reason: string): void {
    if (this.#over) return;
    this.#conn.close();
    this.#release(reason);
  }

  #release(reason: string): void {
    this.#over = true;
    this.#idle.stop();
    this.#options.responses.cancel(this.#deadline);
    this.#socket?.close();
    this.#channel?.disconnect();
    this.#held.drop("early");
    this.#options.finished(reason);
  }

  #succeed(): void {
    if (this.#answered) return;
    this.#answered = true;
    const { host, port } = this.#socket!.local;
    this.#options.request.succeed(host, port);
  }

  // --- the control conn ---

  readable(): void {
    while (!this.#over) {
      const count = this.#conn.read(CONTROL);
      if (count === 0) return;
      if (count === END || count === FAILED) return this.end("the app closed");
      this.#controlBytes += count;
      if (this.#controlBytes > MAX_CONTROL_BYTES) {
        return this.end("the app sent too much on its control connection");
      }
    }
  }

  writable(): void {}

  failed(error: TunnelError): void {
    this.end(error.message);
  }

  // --- from the app ---

  received(payload: Uint8Array, from: SocketAddress): void {
    // No app knows of the socket before there is a channel.
    if (this.#over || !this.#channel) return;
    const { tally } = this.#options;
    if (!this.#isApp(from)) return tally.lost("stranger");
    const header = parseUdpHeader(payload);
    if (!header) {
      return tally.lost(isFragment(payload) ? "fragment" : "malformed");
    }
    // Whoever sends something sensible first is the app.
    this.#app ??= from;
    this.#idle.touch();
    const data = payload.subarray(header.end);
    if (!this.#opened && this.#options.holdsEarly) {
      this.#held.hold(header.target, data);
    } else {
      this.#sendUp(header.target, data);
    }
  }

  /**
   * RFC 1928 asks for the IP address. The port is held to as well, since on one
   * machine all processes share the address, and apps use one socket.
   */
  #isApp(from: SocketAddress): boolean {
    const app = this.#app;
    if (app === from) return true;
    // Nobody can be answered at port 0.
    return from.host === this.#appHost && from.port !== 0 &&
      (app === undefined || app.port === from.port);
  }

  #sendUp(target: Target, data: Uint8Array): void {
    const { tally } = this.#options;
    if (this.#channel!.send(target, data)) tally.up(data.length);
    else tally.lost("backlog");
  }

  sendFailed(code: TunnelErrorCode): void {
    this.#options.tally.lost(`send.${code}`);
  }

  // --- from the exit ---

  opened(): void {
    if (this.#over) return;
    this.#opened = true;
    this.#options.responses.cancel(this.#deadline);
    this.#succeed();
    this.#held.release((target, data) => this.#sendUp(target, data));
  }

  datagram(source: Target, payload: Uint8Array): void {
    const { tally } = this.#options;
    if (!this.#app) return tally.lost("nobody");
    const answer = this.#answers.write(source, payload);
    if (!answer) return tally.lost("malformed");
    this.#idle.touch();
    tally.down(payload.length);
    this.#socket!.send(answer, this.#app);
  }

  closed(error?: TunnelError): void {
    if (error) this.fail(errorCode(error));
    else this.fail("closed");
  }
}

/**
 * Where a hint says that the app sends from. A port behind another address than
 * the app's own was translated on its way here, and says nothing.
 */
function appOfHint(
  { host, port }: Target,
  appHost: string,
): SocketAddress | undefined {
  const says = host === "" || host === "0.0.0.0" || host === "::" ||
    host === appHost;
  return says && port !== 0 ? { host: appHost, port } : undefined;
}

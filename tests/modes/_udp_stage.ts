import { createSocket, type Socket } from "node:dgram";
import type { Target } from "../../lib/base/address.ts";
import { Counters, type CountLabels } from "../../lib/base/counters.ts";
import { SILENT } from "../../lib/base/logger.ts";
import {
  MAX_UDP_HEADER_BYTES,
  parseUdpHeader,
  writeUdpHeader,
} from "../../lib/inbound/udp_header.ts";
import type { Backend } from "../../lib/net/backend.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { Resolver } from "../../lib/net/resolver.ts";
import { UdpEntry, type UdpEntryOptions } from "../../lib/entry/udp_entry.ts";
import { UdpExit, type UdpExitOptions } from "../../lib/exit/udp_exit.ts";
import { Session } from "../../lib/session/session.ts";
import { within } from "../ffi/within.ts";
import { MemoryTransport } from "../session/_transport_pair.ts";

/** A UDP socket of an app or a target, apart from those that are tested. */
export class UdpPeer {
  /** Where it is bound. */
  readonly port: number;
  readonly #socket: Socket;
  readonly #inbox: { payload: Uint8Array; from: Target }[] = [];
  #wake = Promise.withResolvers<void>();

  /** Takes over a bound socket; use `bind`. */
  constructor(socket: Socket, answer: boolean) {
    this.#socket = socket;
    this.port = socket.address().port;
    socket.on("message", (payload, { address, port }) => {
      if (answer) return socket.send(payload, port, address);
      const from = { host: address, port };
      this.#inbox.push({ payload: new Uint8Array(payload), from });
      this.#wake.resolve();
      this.#wake = Promise.withResolvers();
    });
  }

  /** Binds a socket; with `answer` it sends back what comes. */
  static bind(host = "127.0.0.1", answer = false): Promise<UdpPeer> {
    const socket = createSocket(host.includes(":") ? "udp6" : "udp4");
    const { promise, resolve, reject } = Promise.withResolvers<UdpPeer>();
    socket.once("error", reject);
    socket.bind(0, host, () => resolve(new UdpPeer(socket, answer)));
    return promise;
  }

  /** Sends bytes as they are. */
  async send(
    bytes: Uint8Array,
    port: number,
    host = "127.0.0.1",
  ): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#socket.send(bytes, port, host, () => resolve());
    await promise;
  }

  /** The next datagram. */
  async next(): Promise<{ payload: Uint8Array; from: Target }> {
    while (this.#inbox.length === 0) await within(this.#wake.promise);
    return this.#inbox.shift()!;
  }

  /** The next datagram of a relay, without its header. */
  async nextAnswer(): Promise<{ payload: Uint8Array; source: Target }> {
    const { payload } = await this.next();
    const { target, end } = parseUdpHeader(payload)!;
    return { payload: payload.subarray(end), source: target };
  }

  /** Resolves when it is closed. */
  async [Symbol.asyncDispose](): Promise<void> {
    await new Promise<void>((resolve) => this.#socket.close(resolve));
  }
}

/** A datagram behind its header. */
export function wrap(
  host: string,
  port: number,
  payload: Uint8Array,
): Uint8Array {
  const into = new Uint8Array(MAX_UDP_HEADER_BYTES + payload.length);
  const end = writeUdpHeader(into, { host, port })!;
  into.set(payload, end);
  return into.subarray(0, end + payload.length);
}

/** What an app was told. */
export type Reply = { port: number; host: string } | { failure: string };

/** An app's control conn with its reply. */
export interface Associated {
  /** The app's end. */
  control: Deno.TcpConn;
  /** What it was told. */
  reply: Reply;
  /** Where to send datagrams; 0 if it was told of a failure. */
  port: number;
}

/** Both ends of associations, with a session in memory between them. */
export class UdpStage {
  /** What happened. */
  readonly counters: Counters = new Counters();
  /** The sessions. */
  readonly entrySession: Session;
  /** See `entrySession`. */
  readonly exitSession: Session;
  /** Below the entry's session. */
  readonly entryEnd: MemoryTransport;
  /** Under test. */
  readonly entry: UdpEntry;
  readonly #backend: Backend;
  #told = Promise.withResolvers<Reply>();
  #hint: Target = { host: "0.0.0.0", port: 0 };
  readonly #listener: { close(): void; addr: { port: number } };
  #wake = Promise.withResolvers<void>();
  /** Resolves with the first association that is over. */
  readonly finished: Promise<void>;

  /** Starts both. */
  constructor(
    backend: Backend,
    options: {
      v1?: boolean;
      exit?: Partial<UdpExitOptions> | "none" | "silent";
      entry?: Partial<UdpEntryOptions>;
    } = {},
  ) {
    this.#backend = backend;
    const { v1 = true } = options;
    const observer = this.#observe;
    const common = { backend, logger: SILENT, observer };
    const [entryEnd, exitEnd] = MemoryTransport.pair();
    const atTurnEnd = (task: () => void) => backend.atTurnEnd(task);
    this.entryEnd = entryEnd;
    this.entrySession = new Session(entryEnd, { v1, atTurnEnd });
    const exit = new UdpExit({
      ...common,
      resolver: new Resolver(),
      ...(typeof options.exit === "object" ? options.exit : {}),
    });
    const silent = { opened() {}, datagram() {}, closed() {} };
    this.exitSession = new Session(exitEnd, {
      v1,
      atTurnEnd,
      ...(options.exit === "none" ? {} : {
        acceptDatagrams: options.exit === "silent" ? () => silent : exit.accept,
      }),
    });
    this.entry = new UdpEntry({
      ...common,
      optimistic: false,
      ...options.entry,
    });
    const { promise, resolve } = Promise.withResolvers<void>();
    this.finished = promise;
    this.#listener = backend.listen({ host: "127.0.0.1", port: 0 }, {
      accepted: (conn) => this.#serve(conn, resolve),
      acceptFailed() {},
    });
  }

  readonly #observe: Counters["observe"] = (event) => {
    this.counters.observe(event);
    this.#wake.resolve();
    this.#wake = Promise.withResolvers();
  };

  #serve(conn: Conn, finished: () => void): void {
    const told = this.#told;
    this.entry.serve(this.entrySession, {
      kind: "udp",
      conn,
      hint: this.#hint,
      succeed: (host, port) => told.resolve({ host, port }),
      fail: (failure) => {
        told.resolve({ failure });
        conn.close();
      },
    }, finished);
  }

  /** Waits until something was counted so often. */
  async counted(
    name: string,
    times: number,
    labels: CountLabels = {},
  ): Promise<void> {
    while (this.counters.count(name, labels) < times) {
      await within(this.#wake.promise);
    }
  }

  /** Waits until the association is over at both ends, and all is counted. */
  async over(): Promise<Counters> {
    await this.counted("dissociated", this.counters.count("associated"));
    return this.counters;
  }

  /** Asks for an association, as an app does. */
  async associate(
    hint: Target = { host: "0.0.0.0", port: 0 },
  ): Promise<Associated> {
    this.#hint = hint;
    this.#told = Promise.withResolvers();
    const { port } = this.#listener.addr;
    const control = await Deno.connect({ hostname: "127.0.0.1", port });
    const reply = await within(this.#told.promise);
    return { control, reply, port: "port" in reply ? reply.port : 0 };
  }

  /** Ends all, and waits until nothing is open. */
  async close(): Promise<void> {
    this.#listener.close();
    this.entry.close();
    await MemoryTransport.settled();
    this.entrySession.close();
    await this.exitSession.closed;
    await MemoryTransport.settled();
    await within(this.#backend.idle());
  }
}

import {
  bindUdp,
  closeFd,
  EPOLLIN,
  ERRNO,
  localAddress,
  packSockaddr,
  recvFrom,
  sendTo,
  SOCKADDR_BYTES,
  unpackSockaddr,
  WOULD_BLOCK,
} from "../../ffi/mod.ts";
import { RecentMap } from "../base/recent_map.ts";
import type { SocketAddress } from "./conn.ts";
import {
  type DatagramHandler,
  type DatagramSocket,
  RECEIVE_BUFFER_BYTES,
} from "./datagrams.ts";
import type { LoopView } from "./shared_loop.ts";
import { errorOfErrno } from "./system_error.ts";

/** Datagrams per turn, so that other sockets get theirs. */
const RECEIVES_PER_TURN = 128;
/** Packed addresses cached per socket. */
const MAX_PACKED = 256;

/** What is received goes through here; nothing is received within `received`. */
const SCRATCH = new Uint8Array(65_536);
const FROM = new Uint8Array(SOCKADDR_BYTES);
/** sizeof(struct sockaddr_in6). */
const ADDRESS_BYTES = 28;

/** A UDP socket on a descriptor of ours, registered with the loop. */
export class EpollDatagrams implements DatagramSocket {
  readonly local: SocketAddress;
  readonly #loop: LoopView;
  readonly #handler: DatagramHandler;
  readonly #packed = new RecentMap<Uint8Array<ArrayBuffer>>(MAX_PACKED);
  readonly #ipv6: boolean;
  #fd: number;
  /** The last sender, packed and unpacked. */
  readonly #lastFrom = new Uint8Array(ADDRESS_BYTES);
  #from: SocketAddress = { host: "", port: 0 };
  /** The last receiver. */
  #to: SocketAddress | undefined;
  #toPacked: Uint8Array<ArrayBuffer> | undefined;

  /** Binds. Throws `SyscallError` if the address is not available. */
  constructor(loop: LoopView, at: SocketAddress, handler: DatagramHandler) {
    this.#loop = loop;
    this.#handler = handler;
    this.#fd = bindUdp(at, RECEIVE_BUFFER_BYTES);
    this.#ipv6 = at.host.includes(":");
    this.local = localAddress(this.#fd)!;
    try {
      loop.add(this.#fd, EPOLLIN, () => this.#receive());
    } catch (error) {
      closeFd(this.#fd);
      throw error;
    }
  }

  send(payload: Uint8Array, to: SocketAddress): void {
    if (this.#fd < 0) return;
    if (to !== this.#to) {
      this.#toPacked = this.#pack(to);
      this.#to = to;
    }
    const packed = this.#toPacked;
    if (!packed) return this.#handler.sendFailed("unreachable");
    const errno = sendTo(this.#fd, payload, packed);
    if (errno === 0) return;
    // A full buffer means that the network is too slow.
    const code = errno === ERRNO.EAGAIN
      ? "exhausted"
      : errorOfErrno(errno).code;
    this.#handler.sendFailed(code);
  }

  close(): void {
    if (this.#fd < 0) return;
    this.#loop.removeClosing(this.#fd);
    closeFd(this.#fd);
    this.#fd = -1;
  }

  #receive(): void {
    for (let i = 0; i < RECEIVES_PER_TURN; i++) {
      let count: number;
      try {
        count = recvFrom(this.#fd, SCRATCH, FROM);
      } catch {
        // An ICMP error of an earlier datagram, reported here: the next may come.
        continue;
      }
      if (count === WOULD_BLOCK) return;
      this.#handler.received(SCRATCH.subarray(0, count), this.#sender());
      if (this.#fd < 0) return;
    }
    // More may wait: the edge comes again in the next turn.
    this.#loop.modify(this.#fd, EPOLLIN);
  }

  #sender(): SocketAddress {
    const last = this.#lastFrom;
    let i = 0;
    while (i < ADDRESS_BYTES && last[i] === FROM[i]) i++;
    if (i < ADDRESS_BYTES) {
      last.set(FROM.subarray(0, ADDRESS_BYTES));
      this.#from = unpackSockaddr(FROM);
    }
    return this.#from;
  }

  /** Nothing for an address that this socket's family cannot reach. */
  #pack({ host, port }: SocketAddress): Uint8Array<ArrayBuffer> | undefined {
    const key = `${host} ${port}`;
    const known = this.#packed.get(key);
    if (known) return known;
    const isIpv6 = host.includes(":");
    if (isIpv6 && !this.#ipv6) return undefined;
    const shown = this.#ipv6 && !isIpv6 ? `::ffff:${host}` : host;
    const packed = packSockaddr({ host: shown, port });
    this.#packed.set(key, packed);
    return packed;
  }
}

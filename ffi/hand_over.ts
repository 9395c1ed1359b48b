import {
  EPOLL_CTL_ADD,
  EPOLL_CTL_DEL,
  ERRNO,
  IPPROTO_TCP,
  MSG_DONTWAIT,
  MSG_PEEK,
  O_CLOEXEC,
  SIOCOUTQ,
  TCP_QUICKACK,
} from "./constants.ts";
import { epollEventLayout } from "./epoll_event.ts";
import { mayReadAll } from "./find_socket.ts";
import { lastErrno, libc } from "./library.ts";
import { SOCKADDR_BYTES } from "./sockaddr.ts";

/** How the runtime waits for one of its sockets. */
interface Registration {
  /** The epoll instance. */
  epollFd: number;
  fd: number;
  /** `struct epoll_event`: the events, and the runtime's word for the socket. */
  events: number;
  data: bigint;
}

/** The runtime makes its epoll instance when it starts, before other descriptors. */
const MAX_EPOLL_FD = 64;
const EPOLL_LINK = "anon_inode:[eventpoll]";
/** A line for each descriptor; fs/eventpoll.c, ep_show_fdinfo. */
const ENTRY = /^tfd: *(\d+) events: *([0-9a-f]+) data: *([0-9a-f]+)/gm;

/** Result of `handOver`: `busy` while bytes are between the two ends. */
export type HandedOver = "done" | "busy" | "impossible";

/**
 * Gives a socket of the runtime another conn: what the runtime sends and receives
 * there from then on, it sends and receives on `ours`. The runtime knows a socket by
 * its descriptor, and by what it gave to epoll; both stay as they are, and behind
 * them is another file.
 *
 * For a relay in this process that can step aside: it leads from a socket of the
 * runtime, through `near`, to `ours`, and has passed on all that it has read.
 *
 * @param near Our end of the conn to the runtime's socket; broken when it was done
 * @param ours What the runtime gets. Nothing else may wait for it; close this
 *   descriptor of it when it was done
 * @returns if not `done`, nothing has changed. It is `impossible` if the runtime's
 *   socket cannot be found, as without --allow-all
 */
export function handOver(near: number, ours: number): HandedOver {
  const far = findFarEnd(near);
  if (!far) return "impossible";
  // In this order: what has arrived by the first look is there for the second.
  const ends = [near, far.fd];
  for (const fd of ends) acknowledge(fd);
  if (!ends.every(hasArrived) || !ends.every(isEmpty)) return "busy";
  const { epollFd, fd } = far;
  const event = packEvent(far);
  const { dup3, epoll_ctl } = libc();
  // The runtime polls on this thread, so it cannot poll during the swap. epoll
  // keys entries by file and descriptor: remove the old one first.
  if (epoll_ctl(epollFd, EPOLL_CTL_DEL, fd, event) < 0) {
    return "impossible";
  }
  const done = dup3(ours, fd, O_CLOEXEC) >= 0;
  epoll_ctl(epollFd, EPOLL_CTL_ADD, fd, event);
  return done ? "done" : "impossible";
}

/** The runtime's socket whose peer is `near`. */
function findFarEnd(near: number): Registration | undefined {
  if (!mayReadAll()) return undefined;
  const own = nameOf("getsockname", near);
  const peer = nameOf("getpeername", near);
  for (let epollFd = 0; epollFd < MAX_EPOLL_FD; epollFd++) {
    const found = registrations(epollFd).filter(({ fd }) =>
      own !== "" && nameOf("getpeername", fd) === own &&
      nameOf("getsockname", fd) === peer
    );
    // One end of a Unix socket has no name: there could be several.
    if (found.length > 0) return found.length === 1 ? found[0] : undefined;
  }
  return undefined;
}

/** The entries of an epoll instance; none if the descriptor is not one. */
function registrations(epollFd: number): Registration[] {
  try {
    if (Deno.readLinkSync(`/proc/self/fd/${epollFd}`) !== EPOLL_LINK) return [];
    const text = Deno.readTextFileSync(`/proc/self/fdinfo/${epollFd}`);
    return [...text.matchAll(ENTRY)].map(([, fd, events, data]) => ({
      epollFd,
      fd: Number(fd),
      events: parseInt(events!, 16),
      data: BigInt(`0x${data}`),
    }));
  } catch {
    return [];
  }
}

function nameOf(call: "getsockname" | "getpeername", fd: number): string {
  const name = new Uint8Array(SOCKADDR_BYTES);
  const length = new Uint32Array([SOCKADDR_BYTES]);
  return libc()[call](fd, name, length) < 0
    ? ""
    : name.subarray(0, length[0]).toString();
}

/** Acknowledges received bytes at once. */
function acknowledge(fd: number): void {
  const on = new Int32Array([1]);
  libc().setsockopt(fd, IPPROTO_TCP, TCP_QUICKACK, on, 4);
}

/**
 * Whether the peer has everything written: bytes that TCP holds back or resends
 * are in no readable queue.
 */
function hasArrived(fd: number): boolean {
  const left = new Int32Array(1);
  return libc().ioctl(fd, SIOCOUTQ, left) === 0 && left[0] === 0;
}

/** Whether nothing waits to be read, not even the end. */
function isEmpty(fd: number): boolean {
  const byte = new Uint8Array(1);
  const count = libc().recv(fd, byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return count < 0 && lastErrno() === ERRNO.EAGAIN;
}

/** `struct epoll_event`. */
function packEvent({ events, data }: Registration): Uint8Array<ArrayBuffer> {
  const { bytes, dataOffset } = epollEventLayout();
  const event = new Uint8Array(bytes);
  const view = new DataView(event.buffer);
  view.setUint32(0, events, true);
  view.setBigUint64(dataOffset, data, true);
  return event;
}

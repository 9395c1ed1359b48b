/** Layout of `struct epoll_event`: packed on x86-64, aligned on arm64. */
export interface EpollEventLayout {
  /** sizeof(struct epoll_event). */
  bytes: number;
  /** Where `data` begins; `events` is at the beginning. */
  dataOffset: number;
}

/** The layout on a processor, as `Deno.build.arch` names it. */
export function epollEventLayout(
  arch: string = Deno.build.arch,
): EpollEventLayout {
  return arch === "x86_64"
    ? { bytes: 12, dataOffset: 4 }
    : { bytes: 16, dataOffset: 8 };
}

// poll.h
const POLLFD_BYTES = 8;
const REVENTS_OFFSET = 6;
/** There is something to read, or the end. */
export const POLLIN = 0x1;
/** It is connected, or there is room. */
export const POLLOUT = 0x4;

// The types of the FFI are narrower than the FFI: numbers are taken, too.
const NFDS_T = "usize" as unknown as "u32";
const { poll: libcPoll } = Deno.dlopen("libc.so.6", {
  poll: { parameters: ["buffer", NFDS_T, "i32"], result: "i32" },
}).symbols;

/**
 * Blocks the thread until a descriptor is ready. What a program of the bench
 * does beside the proxy shall take as little time as it can, so it does not go
 * through the loop of Deno.
 *
 * @param events `POLLIN` or `POLLOUT`, of any of them
 * @returns those that are ready; none when `ms` have passed
 */
export function poll(
  fds: readonly number[],
  events: number,
  ms: number,
): number[] {
  const polled = new Uint8Array(fds.length * POLLFD_BYTES);
  const view = new DataView(polled.buffer);
  for (const [index, fd] of fds.entries()) {
    view.setInt32(index * POLLFD_BYTES, fd, true);
    view.setInt16(index * POLLFD_BYTES + 4, events, true);
  }
  if (libcPoll(polled, fds.length, Math.ceil(ms)) <= 0) return [];
  return fds.filter((_, index) =>
    view.getInt16(index * POLLFD_BYTES + REVENTS_OFFSET, true) !== 0
  );
}

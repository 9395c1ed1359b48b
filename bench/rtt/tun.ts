/** Packets of up to this size; the devices are set to 1500. */
const MAX_PACKET = 65_535;
// fcntl.h, linux/if_tun.h, poll.h
const O_RDWR_NONBLOCK = 0o4002;
const TUNSETIFF = 0x400454ca;
const IFF_TUN_NO_PI = 0x1001;
const POLLIN = 0x1;
const POLLFD_BYTES = 8;
const REVENTS_OFFSET = 6;
const NAME_BYTES = 16;
const IFREQ_BYTES = 40;
const STDIN_FD = 0;

// The types of the FFI are narrower than the FFI: numbers are taken, too.
const LONG = "usize" as unknown as "u32";
const SYMBOLS = {
  open: { parameters: ["buffer", "i32"], result: "i32" },
  ioctl: { parameters: ["i32", LONG, "buffer"], result: "i32" },
  ppoll: { parameters: ["buffer", LONG, "buffer", "pointer"], result: "i32" },
  read: { parameters: ["i32", "buffer", LONG], result: "i32" },
  write: { parameters: ["i32", "buffer", LONG], result: "i32" },
} as const satisfies Deno.ForeignLibraryInterface;

function textOf(text: string): Uint8Array<ArrayBuffer> {
  return new TextEncoder().encode(`${text}\0`);
}

/** TUN devices and the only three things that a wire does with them. */
export class TunDevices {
  readonly #libc = Deno.dlopen("libc.so.6", SYMBOLS).symbols;
  readonly #fds: readonly number[];
  readonly #packet = new Uint8Array(MAX_PACKET);
  readonly #timeout = new BigInt64Array(2);
  /** The devices, and standard input behind them. */
  readonly #polled: Uint8Array<ArrayBuffer>;
  readonly #view: DataView;

  /**
   * Makes devices, which live as long as this process.
   *
   * @throws {Error} without /dev/net/tun or the right to make devices
   */
  constructor(names: readonly string[]) {
    this.#fds = names.map((name) => this.#open(name));
    this.#polled = new Uint8Array((names.length + 1) * POLLFD_BYTES);
    this.#view = new DataView(this.#polled.buffer);
    for (const [index, fd] of [...this.#fds, STDIN_FD].entries()) {
      this.#view.setInt32(index * POLLFD_BYTES, fd, true);
      this.#view.setInt16(index * POLLFD_BYTES + 4, POLLIN, true);
    }
  }

  #open(name: string): number {
    const fd = this.#libc.open(textOf("/dev/net/tun"), O_RDWR_NONBLOCK);
    if (fd < 0) throw new Error("Cannot open /dev/net/tun");
    const request = new Uint8Array(IFREQ_BYTES);
    request.set(textOf(name));
    new DataView(request.buffer).setInt16(NAME_BYTES, IFF_TUN_NO_PI, true);
    if (this.#libc.ioctl(fd, TUNSETIFF, request) < 0) {
      throw new Error(`Cannot make the TUN device ${name}: needs root`);
    }
    return fd;
  }

  /**
   * Blocks the thread until a packet is there or `ms` have passed: the kernel's
   * own timer, which is exact to some 0.1 ms.
   *
   * @returns false when standard input has ended: who started us is gone
   */
  wait(ms: number): boolean {
    const ns = BigInt(Math.round(Math.max(0, ms) * 1e6));
    this.#timeout[0] = ns / 1_000_000_000n;
    this.#timeout[1] = ns % 1_000_000_000n;
    const timeout = new Uint8Array(this.#timeout.buffer);
    const devices = this.#fds.length;
    const count = this.#libc.ppoll(this.#polled, devices + 1, timeout, null);
    // What it found stays from the last time when it fails.
    return count <= 0 ||
      this.#view.getInt16(devices * POLLFD_BYTES + REVENTS_OFFSET, true) === 0;
  }

  /** The next packet that left through a device; nothing if there is none. */
  read(device: number): Uint8Array<ArrayBuffer> | undefined {
    const length = this.#libc.read(
      ...[this.#fds[device]!, this.#packet, MAX_PACKET] as const,
    );
    return length > 0 ? this.#packet.slice(0, length) : undefined;
  }

  /** Lets a packet arrive at a device; one that does not fit is lost. */
  write(device: number, packet: Uint8Array<ArrayBuffer>): void {
    this.#libc.write(this.#fds[device]!, packet, packet.length);
  }
}

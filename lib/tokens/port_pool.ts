import { TunnelError } from "../base/errors.ts";
import type { PortRange } from "../net/port_range.ts";

/** Where ports come from that nobody asked for by number; the same as LinkSocks. */
export const DEFAULT_PORT_RANGE: PortRange = { first: 1024, last: 10240 };

const MAX_PORT = 65535;

/** How a {@linkcode PortPool} chooses. */
export interface PortPoolOptions {
  /** The ports to choose from. @default 1024 to 10240 */
  range?: PortRange;
  /** A number from 0 up to 1, where the search starts. @default Math.random */
  random?: () => number;
}

/**
 * The books of which port belongs to whom. It opens no sockets: a port that
 * another program has is found out when it is listened on.
 */
export class PortPool {
  readonly #range: PortRange;
  readonly #random: () => number;
  readonly #taken = new Set<number>();

  /** Makes a pool in which all ports are free. */
  constructor(options: PortPoolOptions = {}) {
    this.#range = options.range ?? DEFAULT_PORT_RANGE;
    this.#random = options.random ?? Math.random;
  }

  /**
   * Takes a port.
   *
   * @param wish A port, which may be outside of the range; 0 for any one in it.
   * @returns The port.
   * @throws {TunnelError} `exhausted`, if it is taken, impossible, or none is free.
   */
  allocate(wish: number): number {
    const port = wish === 0 ? this.#firstFree() : wish;
    if (
      port === undefined || !Number.isInteger(port) || port < 1 ||
      port > MAX_PORT || this.#taken.has(port)
    ) {
      throw new TunnelError("exhausted", `cannot allocate port: ${wish}`);
    }
    this.#taken.add(port);
    return port;
  }

  /** Gives a port back; one that is not taken is ignored. */
  free(port: number): void {
    this.#taken.delete(port);
  }

  /** From a random start, so that a port is not reused at once by somebody else. */
  #firstFree(): number | undefined {
    const { first, last } = this.#range;
    const count = last - first + 1;
    const start = Math.floor(this.#random() * count);
    for (let i = 0; i < count; i++) {
      const port = first + (start + i) % count;
      if (!this.#taken.has(port)) return port;
    }
    return undefined;
  }
}

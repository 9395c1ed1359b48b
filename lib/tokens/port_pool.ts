import { TunnelError } from "../base/errors.ts";
import type { PortRange } from "../net/port_range.ts";

/** The default pool, as in LinkSocks. */
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
 * Keeps track of which ports are taken. Opens no sockets: a port held by
 * another program shows when it is opened.
 */
export class PortPool {
  readonly #range: PortRange;
  readonly #random: () => number;
  readonly #taken = new Set<number>();

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

  /** Returns a port; ignores one that is not taken. */
  free(port: number): void {
    this.#taken.delete(port);
  }

  /** Starts at a random port, so that a freed port is not reused at once. */
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

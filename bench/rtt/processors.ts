/** Where the kernel takes the longest time that a processor may need to wake up. */
const DMA_LATENCY = "/dev/cpu_dma_latency";

/** Which processors a program may use, in the words of `taskset -c`. */
export interface Processors {
  /** For wires: a wire that has to wait for its processor would be longer. */
  wires: string;
  /** For all else. */
  hosts: string;
}

/** Shares out those that this process may use; nothing if there is only one. */
export function shareProcessors(): Processors | undefined {
  const list = /^Cpus_allowed_list:\s*(.*)$/m.exec(
    Deno.readTextFileSync("/proc/self/status"),
  )?.[1] ?? "";
  const [wires, ...hosts] = list.split(",").flatMap((range) => {
    const [first = 0, last = first] = range.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, at) => first + at);
  });
  if (wires === undefined || hosts.length === 0) return undefined;
  return { wires: String(wires), hosts: hosts.join() };
}

/**
 * Keeps processors from sleeping until it is disposed of, as far as the kernel
 * lets us: what is measured are round trips, not how long an idle processor, or
 * the host of a virtual one, takes to wake up.
 */
export function keepAwake(): Disposable {
  try {
    const file = Deno.openSync(DMA_LATENCY, { write: true });
    file.writeSync(new Uint8Array(4));
    return file;
  } catch {
    return { [Symbol.dispose]() {} };
  }
}

import type { Observer } from "./events.ts";

/** Tells counts of the same name apart, such as `{ hop: "target" }`. */
export type CountLabels = Readonly<Record<string, string>>;

/** One count. */
export interface Count {
  /** What was counted: `syn`, `dialFailed`, `datagramBytes` … */
  readonly name: string;
  /** Its labels. Counts of the same name have the same label names. */
  readonly labels: CountLabels;
  /** The number of events, or the sum of what was added. */
  readonly value: number;
}

const NO_LABELS: CountLabels = {};

/**
 * Counts events.
 *
 * | Name                                           | Labels          |
 * | ---------------------------------------------- | --------------- |
 * | `sessionOpened`, `sessionClosed`, `requested`, |                 |
 * | `handshakeFailed`, `associated`, `dissociated` |                 |
 * | `syn`                                          | `hop`, `result` |
 * | `synFailed`, `synSavedUs` (microseconds)       | `hop`           |
 * | `dialFailed`, `lateFailure`                    | `code`          |
 * | `datagrams`, `datagramBytes`                   | `direction`     |
 * | `datagramsLost`                                | `reason`        |
 */
export class Counters {
  readonly #counts = new Map<
    string,
    { -readonly [K in keyof Count]: Count[K] }
  >();

  /** Counts one event. Pass it on as an {@linkcode Observer}. */
  readonly observe: Observer = (event) => {
    switch (event.type) {
      case "syn": {
        const { hop, result, rttUs } = event;
        this.add("syn", { hop, result });
        if (result === "acknowledged") this.add("synSavedUs", { hop }, rttUs);
        return;
      }
      case "synSaved":
        return this.add("synSavedUs", { hop: event.hop }, event.rttUs);
      case "synFailed":
        return this.add("synFailed", { hop: event.hop });
      case "dialFailed":
      case "lateFailure":
        return this.add(event.type, { code: event.code });
      case "datagrams": {
        const { direction, count, bytes } = event;
        this.add("datagrams", { direction }, count);
        return this.add("datagramBytes", { direction }, bytes);
      }
      case "datagramsLost":
        return this.add(event.type, { reason: event.reason }, event.count);
      default:
        return this.add(event.type);
    }
  };

  /**
   * The sum of all counts with this name and these labels; labels that are left
   * out match any.
   *
   * @example
   * ```ts
   * import { assertEquals } from "@std/assert";
   *
   * const counters = new Counters();
   * counters.observe({ type: "dialFailed", code: "refused" });
   * assertEquals(counters.count("dialFailed"), 1);
   * assertEquals(counters.count("dialFailed", { code: "timeout" }), 0);
   * ```
   */
  count(name: string, labels: CountLabels = NO_LABELS): number {
    const wanted = Object.entries(labels);
    let sum = 0;
    for (const one of this.#counts.values()) {
      if (one.name !== name) continue;
      if (wanted.every(([key, text]) => one.labels[key] === text)) {
        sum += one.value;
      }
    }
    return sum;
  }

  /** All counts, in the order of their first use. */
  counts(): Count[] {
    return [...this.#counts.values()].map((one) => ({ ...one }));
  }

  /** Adds to one count. */
  add(name: string, labels: CountLabels = NO_LABELS, value: number = 1): void {
    let key = name;
    for (const label in labels) key += ` ${labels[label]}`;
    const known = this.#counts.get(key);
    if (known) known.value += value;
    else this.#counts.set(key, { name, labels, value });
  }
}

import {
  FastOpenMemory,
  type FastOpenMemoryOptions,
  MEMORY_CAPACITY,
} from "../dial/fast_open_memory.ts";
import type { NetworkRecord, TargetRecord } from "../dial/fast_open_records.ts";
import { SPEAKERS_CAPACITY, SpeaksFirst } from "../entry/speaks_first.ts";

/** Version of the format; others are rejected. */
const VERSION = 1;
/**
 * Upper bound on a text: longer than a name of 255 bytes, a port and a network
 * of 16 prefixes.
 */
const MAX_TEXT_LENGTH = 1024;

/** What a program learns about the networks and targets that it meets. */
export class Learned {
  /** Where SYNs with data do not work. */
  readonly fastOpen: FastOpenMemory;
  /** Who speaks before the app. */
  readonly speaksFirst = new SpeaksFirst();

  constructor(options: FastOpenMemoryOptions = {}) {
    this.fastOpen = new FastOpenMemory(options);
  }

  /** Called when the result of `toText` changes. */
  set onChange(listener: (() => void) | undefined) {
    this.fastOpen.onChange = listener;
    this.speaksFirst.onChange = listener;
  }

  /** All that is worth to be kept, as JSON. */
  toText(): string {
    return JSON.stringify({
      version: VERSION,
      ...this.fastOpen.records,
      speaksFirst: this.speaksFirst.records,
    });
  }

  /**
   * Restores a result of `toText`; damaged text restores nothing.
   *
   * @throws {SyntaxError} if it is not JSON, or of another form or version
   */
  restore(text: string): void {
    const state = objectOf(JSON.parse(text));
    if (state.version !== VERSION) {
      throw new SyntaxError(`expected version ${VERSION}`);
    }
    const networks = listOf(state.networks, MEMORY_CAPACITY).map(networkRecord);
    const targets = listOf(state.targets, MEMORY_CAPACITY).map(targetRecord);
    const speakers = listOf(state.speaksFirst, SPEAKERS_CAPACITY).map(textOf);
    this.fastOpen.restore({ networks, targets });
    this.speaksFirst.restore(speakers);
  }
}

function networkRecord(value: unknown): NetworkRecord {
  const { network, failures, untilMs } = objectOf(value);
  return {
    network: textOf(network),
    failures: countOf(failures),
    untilMs: countOf(untilMs),
  };
}

function targetRecord(value: unknown): TargetRecord {
  return { ...networkRecord(value), target: textOf(objectOf(value).target) };
}

function objectOf(value: unknown): Record<string, unknown> {
  if (typeof value === "object" && value !== null) {
    return value as Record<string, unknown>;
  }
  throw new SyntaxError("expected an object");
}

/** The end of a list that is too long: the most recently used entries. */
function listOf(value: unknown, maxLength: number): unknown[] {
  if (Array.isArray(value)) return value.slice(-maxLength);
  throw new SyntaxError("expected a list");
}

function textOf(value: unknown): string {
  if (typeof value === "string" && value.length <= MAX_TEXT_LENGTH) {
    return value;
  }
  throw new SyntaxError("expected a text that is not too long");
}

function countOf(value: unknown): number {
  if (Number.isSafeInteger(value) && (value as number) >= 0) {
    return value as number;
  }
  throw new SyntaxError("expected a count");
}

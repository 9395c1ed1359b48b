import { errorText } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { Learnt } from "./learnt.ts";

/** Of which program: each role has a file of its own. */
export type StateOwner = "server" | "client";

/** How to keep what a program learns. */
export interface StateFileOptions {
  /** The directory; made if it is not there. */
  dir: string;
  /** Whose file. */
  owner: StateOwner;
  /** Where to say that it cannot be read or written. */
  logger: Logger;
  /**
   * What has changed is written so long after the first change, in milliseconds.
   *
   * @default {60000}
   */
  delayMs?: number;
}

/** A full memory takes half of that at most. */
const MAX_BYTES = 4 * 1024 * 1024;
/** For its user only: it tells which targets were dialled. */
const FILE_MODE = 0o600;
const DIR_MODE = 0o700;

/**
 * Keeps what a program has learnt in a file, `fast_open-ROLE.json`, from one start
 * to the next. Whatever is wrong with the file or its directory is said once, and
 * the program goes on without.
 *
 * It is written at once and in whole, beside the old one and then in its place: of
 * several programs with the same file the last one wins, and none reads half.
 */
export class StateFile {
  readonly #learnt: Learnt;
  readonly #dir: string;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #delayMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasChanged = false;
  #hasWarned = false;

  /** Touches nothing yet. */
  constructor(learnt: Learnt, options: StateFileOptions) {
    const { dir, owner, logger, delayMs = 60_000 } = options;
    this.#learnt = learnt;
    this.#dir = dir;
    this.#path = `${dir.replace(/\/+$/, "")}/fast_open-${owner}.json`;
    this.#logger = logger;
    this.#delayMs = delayMs;
  }

  /** Reads the file, if there is one, and writes it from now on. */
  async open(): Promise<void> {
    try {
      await Deno.mkdir(this.#dir, { recursive: true, mode: DIR_MODE });
    } catch (error) {
      return this.#warn("Cannot keep what is learnt", error);
    }
    try {
      const text = await readBounded(this.#path);
      if (text !== undefined) this.#learnt.restore(text);
    } catch (error) {
      this.#warn("Cannot read what was learnt before", error);
    }
    this.#learnt.onChange = () => {
      this.#hasChanged = true;
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#write();
      }, this.#delayMs);
    };
  }

  /** Writes what has changed, and nothing more later. Idempotent. */
  async close(): Promise<void> {
    this.#learnt.onChange = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write();
    await this.#writing;
  }

  #write(): void {
    if (!this.#hasChanged) return;
    this.#hasChanged = false;
    const text = this.#learnt.toText();
    this.#writing = this.#writing.then(() => this.#replace(text));
  }

  async #replace(text: string): Promise<void> {
    const beside = `${this.#path}.${crypto.randomUUID()}`;
    try {
      await Deno.writeTextFile(beside, text, {
        mode: FILE_MODE,
        createNew: true,
      });
      await Deno.rename(beside, this.#path);
    } catch (error) {
      await Deno.remove(beside).catch(() => {});
      // A full disk may have room again at the next change, or at the end.
      this.#hasChanged = true;
      if (this.#hasWarned) return;
      this.#hasWarned = true;
      this.#warn("Cannot keep what is learnt", error);
    }
  }

  #warn(message: string, error: unknown): void {
    this.#logger.warn(message, { path: this.#path, error: errorText(error) });
  }
}

/** The text of a file; nothing if there is none. */
async function readBounded(path: string): Promise<string | undefined> {
  try {
    const { isFile, size } = await Deno.stat(path);
    if (!isFile) throw new Error("it is no file");
    if (size > MAX_BYTES) throw new Error("it is longer than 4 MiB");
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
  return await Deno.readTextFile(path);
}

/** What a program knows at its start, and what to do at its end. */
export interface OpenedLearnt {
  /** What it has learnt. */
  readonly learnt: Learnt;
  /** Keeps it. */
  close(): Promise<void>;
}

/**
 * Makes the memory of a program, with what it has learnt before if there is a
 * directory for that. Never fails.
 *
 * @param dir The directory; nothing or an empty text for none.
 */
export async function openLearnt(
  dir: string | undefined,
  options: Omit<StateFileOptions, "dir">,
): Promise<OpenedLearnt> {
  const learnt = new Learnt();
  if (!dir) return { learnt, close: () => Promise.resolve() };
  const file = new StateFile(learnt, { dir, ...options });
  await file.open();
  return { learnt, close: () => file.close() };
}

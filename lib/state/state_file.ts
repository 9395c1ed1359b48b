import { errorText } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import { Learned } from "./learned.ts";

/** Which program's file: each role has its own. */
export type StateOwner = "server" | "client";

/** How to keep what a program learns. */
export interface StateFileOptions {
  /** The directory; made if it is not there. */
  dir: string;
  /** Whose file. */
  owner: StateOwner;
  /** Logs when the file cannot be read or written. */
  logger: Logger;
  /**
   * Delay between the first change and writing, in milliseconds.
   *
   * @default {60000}
   */
  delayMs?: number;
}

/** Upper bound on the file; a full memory takes at most half of it. */
const MAX_BYTES = 4 * 1024 * 1024;
/** Private: it tells which targets were dialed. */
const FILE_MODE = 0o600;
const DIR_MODE = 0o700;

/**
 * Keeps what a program learned across restarts, in `fast_open-ROLE.json`.
 * Problems with the file or its directory are logged once, and the program goes
 * on without it.
 *
 * The file is written beside the old one and then renamed: of several programs
 * with the same file the last one wins, and none reads half a file.
 */
export class StateFile {
  readonly #learned: Learned;
  readonly #dir: string;
  readonly #path: string;
  readonly #logger: Logger;
  readonly #delayMs: number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #writing: Promise<void> = Promise.resolve();
  #hasChanged = false;
  #hasWarned = false;

  constructor(learned: Learned, options: StateFileOptions) {
    const { dir, owner, logger, delayMs = 60_000 } = options;
    this.#learned = learned;
    this.#dir = dir;
    this.#path = `${dir.replace(/\/+$/, "")}/fast_open-${owner}.json`;
    this.#logger = logger;
    this.#delayMs = delayMs;
  }

  /** Reads the file, if there is one, and writes changes from now on. */
  async open(): Promise<void> {
    try {
      await Deno.mkdir(this.#dir, { recursive: true, mode: DIR_MODE });
    } catch (error) {
      return this.#warn("Cannot keep what is learned", error);
    }
    try {
      const text = await readBounded(this.#path);
      if (text !== undefined) this.#learned.restore(text);
    } catch (error) {
      this.#warn("Cannot read what was learned before", error);
    }
    this.#learned.onChange = () => {
      this.#hasChanged = true;
      this.#timer ??= setTimeout(() => {
        this.#timer = undefined;
        this.#write();
      }, this.#delayMs);
    };
  }

  /** Writes pending changes and stops. Idempotent. */
  async close(): Promise<void> {
    this.#learned.onChange = undefined;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#write();
    await this.#writing;
  }

  #write(): void {
    if (!this.#hasChanged) return;
    this.#hasChanged = false;
    const text = this.#learned.toText();
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
      this.#warn("Cannot keep what is learned", error);
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

/** What a program has learned; close it at the end. */
export interface OpenedLearned {
  /** What it has learned. */
  readonly learned: Learned;
  /** Writes pending changes. */
  close(): Promise<void>;
}

/**
 * Makes the memory of a program and, if there is a directory, loads what it
 * learned before. Never fails.
 *
 * @param dir The directory; absent or empty for none.
 */
export async function openLearned(
  dir: string | undefined,
  options: Omit<StateFileOptions, "dir">,
): Promise<OpenedLearned> {
  const learned = new Learned();
  if (!dir) return { learned, close: () => Promise.resolve() };
  const file = new StateFile(learned, { dir, ...options });
  await file.open();
  return { learned, close: () => file.close() };
}

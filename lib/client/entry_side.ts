import type { ClientSide, SideSessionOptions } from "./client_side.ts";
import { Entry, type EntryOptions } from "../entry/entry.ts";

/** A client with a SOCKS port: a forward client, or a connector. */
export class EntrySide implements ClientSide {
  readonly hops = ["socks", "tunnel"] as const;
  readonly #options: EntryOptions;
  #entry: Entry | undefined;

  /** Does not listen yet. */
  constructor(options: EntryOptions) {
    this.#options = options;
  }

  get addr(): { hostname: string; port: number } | undefined {
    return this.#entry?.addr;
  }

  sessionOptions(): SideSessionOptions {
    return {};
  }

  joined(): Promise<void> {
    return Promise.resolve();
  }

  open(): void {
    this.#entry ??= new Entry(this.#options);
  }

  drained(): Promise<void> {
    this.#entry?.stopAccepting();
    return this.#entry?.drained() ?? Promise.resolve();
  }

  close(): void {
    this.#entry?.close();
  }
}

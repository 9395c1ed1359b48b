import { TunnelError } from "../base/errors.ts";
import type { StreamConn } from "../net/stream_conn.ts";
import type { ClientSide, SideSessionOptions } from "./client_side.ts";
import { type ConnectOptions, connectThrough } from "./connect.ts";
import { Entry, type EntryOptions } from "../entry/entry.ts";

/** A client with a SOCKS port: a forward client, or a connector. */
export class EntrySide implements ClientSide {
  readonly hops = ["socks", "tunnel"] as const;
  readonly #options: EntryOptions;
  #entry: Entry | undefined;

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

  async connect(options: ConnectOptions): Promise<StreamConn> {
    const entry = this.#entry;
    if (!entry) {
      throw new TunnelError("unavailable", "not connected to the server");
    }
    return await connectThrough((request) => entry.serve(request), options);
  }

  addConnector(): Promise<string> {
    return Promise.reject(notAProvider());
  }

  removeConnector(): Promise<void> {
    return Promise.reject(notAProvider());
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

function notAProvider(): TunnelError {
  const text = "connector tokens belong to providers (reverse)";
  return new TunnelError("unsupported", text);
}

import {
  type ApiOptions,
  handleApi,
  type ManagedTokens,
} from "../../lib/admin/api.ts";
import { TokenStore } from "../../lib/tokens/token_store.ts";
import { API_KEY } from "./_exchanges.ts";

/** The API over HTTP, on a real store; disposing of it ends it. */
export class ApiStage implements AsyncDisposable {
  readonly store: TokenStore = new TokenStore();
  readonly port: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: Partial<ApiOptions> = {}, admin?: ManagedTokens) {
    const all = { apiKey: API_KEY, version: "v0", ...options };
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => handleApi(request, admin ?? this.store, all),
    );
    this.port = this.#server.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

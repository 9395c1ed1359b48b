import { type ApiOptions, handleApi } from "../../lib/admin/api.ts";
import type { TokenAdmin } from "../../lib/admin/token_admin.ts";
import { TokenRegistry } from "../../lib/tokens/token_registry.ts";
import { API_KEY } from "./_exchanges.ts";

/** The API over HTTP, on a real registry; disposing of it ends it. */
export class ApiStage implements AsyncDisposable {
  readonly registry: TokenRegistry = new TokenRegistry();
  readonly port: number;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  constructor(options: Partial<ApiOptions> = {}, admin?: TokenAdmin) {
    const all = { apiKey: API_KEY, version: "v0", ...options };
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen: () => {} },
      (request) => handleApi(request, admin ?? this.registry, all),
    );
    this.port = this.#server.addr.port;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
  }
}

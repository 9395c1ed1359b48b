import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { SERVER_DEFAULTS } from "../../lib/server/defaults.ts";
import {
  parseServerOptions,
  type ServerOptions,
} from "../../lib/server/options.ts";

Deno.test("parseServerOptions() adds the defaults", () => {
  const options = parseServerOptions({});
  for (const [name, value] of Object.entries(SERVER_DEFAULTS)) {
    assertEquals(options[name as keyof typeof SERVER_DEFAULTS], value, name);
  }
  assertEquals(options.reverse, []);
  assertEquals(
    parseServerOptions({ hostname: "localhost" }).hostname,
    "127.0.0.1",
  );
});

const WRONG: Record<string, Record<string, unknown>[]> = {
  token: [{ token: "" }, { token: "anonymous" }],
  hostname: [{ hostname: "nowhere" }, { hostname: "" }],
  port: [{ port: 99_999 }, { port: -1 }, { port: NaN }],
  socksHost: [{ socksHost: "nowhere" }],
  connectorWaitMs: [{ connectorWaitMs: -1 }, { connectorWaitMs: NaN }],
  backend: [{ backend: "kqueue" }],
  workers: [{ workers: 0 }, { workers: 257 }, { workers: 1.5 }],
  upstreamProxy: [{ upstreamProxy: "nothing" }],
  udpHost: [{ udpHost: "::" }],
  "reverse.token": [{ reverse: { token: "" } }],
  "reverse.port": [{ reverse: { port: 65_536 } }],
  "reverse.password": [{ reverse: { username: "alone" } }],
  "reverse.connectorToken": [
    { reverse: [{ connectorToken: "" }] },
    { reverse: [{ connectorToken: "c", autonomy: true }] },
  ],
};

for (const [field, all] of Object.entries(WRONG)) {
  Deno.test(`parseServerOptions() names ${field} when it is wrong`, () => {
    for (const wrong of all) {
      const error = assertThrows(
        () => parseServerOptions(wrong as ServerOptions),
        ConfigError,
      );
      assertEquals(error.field, field, error.message);
    }
  });
}

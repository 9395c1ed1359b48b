import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { CLIENT_DEFAULTS } from "../../lib/client/defaults.ts";
import {
  type ClientOptions,
  parseClientOptions,
} from "../../lib/client/options.ts";

const GIVEN = { url: "ws://host:1", token: "a token" };

Deno.test("parseClientOptions() adds the defaults", () => {
  const options = parseClientOptions(GIVEN);
  for (const [name, value] of Object.entries(CLIENT_DEFAULTS)) {
    assertEquals(options[name as keyof typeof CLIENT_DEFAULTS], value, name);
  }
  assertEquals(options.urls.map(String), ["ws://host:1/socket"]);
  assertEquals(options.gracePeriodMs, 5000);
});

const WRONG: Record<string, Record<string, unknown>[]> = {
  url: [{ url: "ftp://host" }, { url: [] }, { url: "ws://" }, {
    url: "notaurl",
  }],
  token: [{ token: "" }],
  socksHost: [{ socksHost: "nowhere" }, { socksHost: "" }],
  socksPort: [{ socksPort: 99_999 }, { socksPort: -1 }, { socksPort: 1.5 }],
  username: [{ password: "alone" }],
  password: [{ username: "alone" }],
  threads: [{ threads: 0 }, { threads: 65 }, { threads: NaN }],
  renewMs: [{ renewMs: -1 }, { renewMs: NaN }, { renewMs: Infinity }],
  gracePeriodMs: [{ gracePeriodMs: -1 }],
  backend: [{ backend: "kqueue" }],
  tfo: [{ tfo: "auto" }],
  udpHost: [{ udpHost: "0.0.0.0" }, { udpHost: "nowhere" }],
  udpPorts: [{ udpPorts: { first: 9, last: 3 } }],
  udpIdleMs: [{ udpIdleMs: 0 }, { udpIdleMs: NaN }],
  connectorToken: [
    { connectorToken: "c" },
    { connectorToken: "", reverse: true },
  ],
  upstreamProxy: [
    { upstreamProxy: "socks5://host" },
    { upstreamProxy: "ftp://host", reverse: true },
  ],
};

for (const [field, all] of Object.entries(WRONG)) {
  Deno.test(`parseClientOptions() names ${field} when it is wrong`, () => {
    for (const wrong of all) {
      const error = assertThrows(
        () => parseClientOptions({ ...GIVEN, ...wrong } as ClientOptions),
        ConfigError,
      );
      assertEquals(error.field, field, error.message);
    }
  });
}

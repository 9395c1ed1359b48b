import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { udpOptions } from "../../lib/cli/shared_flags.ts";

Deno.test("udpOptions() leaves out what was not said", () => {
  assertEquals(udpOptions({ udpHost: "", udpPorts: "" }), {});
});

Deno.test("udpOptions() reads a range of ports", () => {
  assertEquals(udpOptions({ udpHost: "192.0.2.1", udpPorts: "5000-5010" }), {
    udpHost: "192.0.2.1",
    udpPorts: { first: 5000, last: 5010 },
  });
});

Deno.test("udpOptions() refuses what is no range", () => {
  const error = assertThrows(
    () => udpOptions({ udpHost: "", udpPorts: "5010-5000" }),
    ConfigError,
  );
  assertEquals(error.field, "udpPorts");
});

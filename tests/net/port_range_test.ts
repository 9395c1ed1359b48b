import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { parsePortRange } from "../../lib/net/port_range.ts";

Deno.test("parsePortRange() reads a port or a range", () => {
  const cases: readonly [text: string, first: number, last: number][] = [
    ["9870", 9870, 9870],
    ["9870-9880", 9870, 9880],
    [" 1-65535 ", 1, 65535],
    ["5-5", 5, 5],
  ];
  for (const [text, first, last] of cases) {
    assertEquals(parsePortRange(text, "--ports"), { first, last }, text);
  }
});

Deno.test("parsePortRange() rejects anything else and names the option", () => {
  const texts =
    "|0|0-5|65536|1-65536|9880-9870|9870-|-9870|a|1,2|1-2-3|1.5|0x10";
  for (const text of texts.split("|")) {
    const error = assertThrows(
      () => parsePortRange(text, "--ports"),
      ConfigError,
      JSON.stringify(text),
    );
    assertEquals(error.field, "--ports");
  }
});

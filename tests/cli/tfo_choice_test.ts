import { assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { ALL_HOPS } from "../../lib/base/hop.ts";
import { parseTfoChoice } from "../../lib/net/tfo_choice.ts";

for (
  const { text, hops, asked } of [
    { text: "auto", hops: ALL_HOPS, asked: false },
    { text: "off", hops: [], asked: false },
    { text: "socks", hops: ["socks"], asked: true },
    { text: " ws , target,", hops: ["ws", "target"], asked: true },
    { text: "socks,ws,tunnel,target", hops: ALL_HOPS, asked: true },
  ] as const
) {
  Deno.test(`parseTfoChoice() reads "${text}"`, () => {
    const { asked: wasAsked, ...choice } = parseTfoChoice(text);
    assertEquals(wasAsked, asked);
    for (const hop of ALL_HOPS) {
      assertEquals(choice[hop], (hops as readonly string[]).includes(hop));
    }
  });
}

for (const text of ["", ",", "on", "auto,ws", "WS"]) {
  Deno.test(`parseTfoChoice() rejects "${text}"`, () => {
    assertThrows(
      () => parseTfoChoice(text),
      ConfigError,
      "Invalid tfo: must",
    );
  });
}

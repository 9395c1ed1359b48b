import { assertEquals } from "@std/assert";
import { nearestWord } from "../../lib/cli/nearest_word.ts";

const WORDS = ["socks-port", "socks-host", "url", "tfo"];

for (
  const { typed, expected } of [
    { typed: "sock-port", expected: "socks-port" },
    { typed: "sockshost", expected: "socks-host" },
    { typed: "ulr", expected: undefined },
    { typed: "ur", expected: "url" },
    { typed: "something", expected: undefined },
    { typed: "", expected: undefined },
  ]
) {
  Deno.test(`nearestWord() finds ${expected} for "${typed}"`, () => {
    assertEquals(nearestWord(typed, WORDS), expected);
  });
}

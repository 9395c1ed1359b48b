import { assertEquals } from "@std/assert";
import { helloSender } from "../../lib/wire/hello.ts";

for (
  const { text, expected } of [
    { text: "linksocks_client_hello:direct_signaling=1", expected: "client" },
    { text: "linksocks_server_hello:direct_signaling=1", expected: "server" },
    {
      text: "linksocks_client_hello:a=2 direct_signaling=1 b=3",
      expected: "client",
    },
    { text: "linksocks_client_hello:direct_signaling=0", expected: undefined },
    { text: "linksocks_client_hello:", expected: undefined },
    { text: "direct_signaling=1", expected: undefined },
    {
      text: " linksocks_client_hello:direct_signaling=1",
      expected: undefined,
    },
    { text: "", expected: undefined },
  ]
) {
  Deno.test(`[13] helloSender() of "${text}" is ${expected}`, () => {
    assertEquals(helloSender(text), expected);
  });
}

import { assertEquals } from "@std/assert";
import { redact, redactField } from "../../lib/cli/redact.ts";

for (
  const { text, expected } of [
    { text: "ws://h:8765/socket", expected: "ws://h:8765/socket" },
    { text: "ws://me:pw@h:8765/", expected: "ws://***@h:8765/" },
    { text: "ws://me@h/", expected: "ws://***@h/" },
    { text: "ws://me:p@ss@h/", expected: "ws://***@h/" },
    { text: "WSS://me:pw@[::1]:1/", expected: "WSS://***@[::1]:1/" },
    { text: "ws://h/a@b", expected: "ws://h/a@b" },
    { text: "ws://h/?x=a@b", expected: "ws://h/?x=a@b" },
    {
      text: "ws://h/socket?token=abc&reverse=true",
      expected: "ws://h/socket?token=***&reverse=true",
    },
    {
      text: "ws://h/?reverse=0&TOKEN=abc#x",
      expected: "ws://h/?reverse=0&TOKEN=***#x",
    },
    {
      text: "ws://h/?connector_token=a",
      expected: "ws://h/?connector_token=***",
    },
    {
      text: "ws://h/?api_key=a;password=b",
      expected: "ws://h/?api_key=***;password=***",
    },
    { text: "bad token=abc here", expected: "bad token=*** here" },
    {
      text: 'Cannot open "ws://u:p@h/?token=x" nor socks5://v:q@k:1',
      expected: 'Cannot open "ws://***@h/?token=***" nor socks5://***@k:1',
    },
    { text: "mytoken=abc", expected: "mytoken=abc" },
    { text: "invalid token", expected: "invalid token" },
    { text: "me@example.com", expected: "me@example.com" },
  ]
) {
  Deno.test(`redact() shows ${expected}`, () => {
    assertEquals(redact(text), expected);
  });
}

for (
  const { name, value, expected } of [
    { name: "token", value: "abc", expected: "***" },
    { name: "connectorToken", value: "abc", expected: "***" },
    { name: "Password", value: "abc", expected: "***" },
    { name: "apiKey", value: "abc", expected: "***" },
    { name: "url", value: "ws://u:p@h/", expected: "ws://***@h/" },
    { name: "tokens", value: "2", expected: "2" },
    { name: "peer", value: "10.0.0.1:5", expected: "10.0.0.1:5" },
  ]
) {
  Deno.test(`redactField() shows ${name}=${expected}`, () => {
    assertEquals(redactField(name, value), expected);
  });
}

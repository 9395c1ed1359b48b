import { assertEquals } from "@std/assert";
import { equalSecret } from "../../lib/base/secret.ts";

Deno.test("equalSecret() compares all bytes and the length", () => {
  const encoder = new TextEncoder();
  const cases: readonly [given: string, expected: string, equal: boolean][] = [
    ["secret", "secret", true],
    ["", "", true],
    ["secret", "Secret", false],
    ["secret", "secreT", false],
    ["secre", "secret", false],
    ["secretsecret", "secret", false],
    ["", "secret", false],
    ["secret", "", false],
    ["\0", "", false],
  ];
  for (const [given, expected, equal] of cases) {
    const result = equalSecret(encoder.encode(given), encoder.encode(expected));
    assertEquals(result, equal, `${given} ${expected}`);
  }
});

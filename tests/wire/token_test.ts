import {
  assert,
  assertEquals,
  assertFalse,
  assertNotEquals,
} from "@std/assert";
import { hashToken, isReserved, newToken } from "../../lib/wire/token.ts";

Deno.test("[10] golden vector: query token for anonymous", async () => {
  assertEquals(
    await hashToken("anonymous"),
    "2f183a4e64493af3f377f745eda502363cd3e7ef6e4d266d444758de0a85fcc8",
  );
});

Deno.test("hashToken() hashes the UTF-8 bytes", async () => {
  assertEquals(
    await hashToken(""),
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
  );
  assertNotEquals(await hashToken("é"), await hashToken("e"));
});

Deno.test("[58] newToken() makes 16 lowercase hex digits, never twice", () => {
  const tokens = Array.from({ length: 1000 }, newToken);
  for (const token of tokens) assert(/^[0-9a-f]{16}$/.test(token), token);
  assertEquals(new Set(tokens).size, tokens.length);
});

Deno.test("[58] isReserved() knows one word, in this case only", () => {
  assert(isReserved("anonymous"));
  for (const token of ["", "Anonymous", "anonymous ", "tok"]) {
    assertFalse(isReserved(token));
  }
});

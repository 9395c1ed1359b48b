import { assertEquals } from "@std/assert";
import { ConfigError, TunnelError } from "../../lib/base/errors.ts";
import { exitCodeForError } from "../../lib/cli/exit_code.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

for (
  const { error, expected } of [
    { error: new ConfigError("url", "no"), expected: 2 },
    { error: new UsageError("Unknown flag: --x"), expected: 2 },
    { error: new TunnelError("auth", "no"), expected: 3 },
    { error: new TunnelError("closed", "no"), expected: 1 },
    { error: new Deno.errors.AddrInUse("taken"), expected: 1 },
    { error: "text", expected: 1 },
    { error: undefined, expected: 1 },
  ]
) {
  Deno.test(`exitCodeForError() gives ${expected} for ${error}`, () => {
    assertEquals(exitCodeForError(error), expected);
  });
}

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DOCTOR_COMMAND } from "../../lib/cli/commands/doctor.ts";
import { commandHelp } from "../../lib/cli/help_text.ts";
import { main } from "../../lib/cli/main.ts";
import { ffiSupport } from "../../ffi/mod.ts";
import { FakeWorld } from "../cli/fake_context.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

Deno.test("doctor ends at a signal, and tells what it has found", async () => {
  const world = new FakeWorld();
  world.signals.atOnce = false;
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = listener.accept().then((conn) => {
    world.signals.raise("SIGINT");
    return conn;
  });
  const url = `ws://127.0.0.1:${listener.addr.port}`;
  const args = ["doctor", "--url", url];
  assertEquals(await main(args, "synsocks", world), 1);
  (await accepted).close();
  assertStringIncludes(
    world.stdout.join("\n"),
    "FAIL  tunnel          interrupted",
  );
  assertEquals(world.signals.listeners, []);
});

Deno.test("doctor has its help in 80 columns", () => {
  const text = commandHelp(DOCTOR_COMMAND, "synsocks doctor");
  for (const line of text.split("\n")) assert(line.length <= 80, line);
  for (const flag of Object.values(DOCTOR_COMMAND.flags)) {
    assertStringIncludes(text, `--${flag.name}`);
  }
});

for (
  const { args, message } of [
    { args: ["--fix", "--json"], message: "--fix --json needs --yes" },
    { args: ["--target", "nowhere"], message: "Invalid --target: must be" },
    { args: ["--url", "ftp://host"], message: "Invalid --url: cannot use ftp" },
    {
      args: ["--url", "wss://host", "--ca-file", "/no/such"],
      message: "Invalid --ca-file: cannot be read",
    },
  ]
) {
  Deno.test(`doctor refuses ${args.join(" ")} before it looks`, async () => {
    const world = new FakeWorld();
    assertEquals(await main(["doctor", ...args], "synsocks", world), 2);
    assertStringIncludes(world.stderr[0]!, message);
    assertEquals(world.stdout, []);
  });
}

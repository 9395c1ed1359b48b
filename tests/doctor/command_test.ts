import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { DOCTOR_COMMAND } from "../../lib/cli/commands/doctor.ts";
import { commandHelp } from "../../lib/cli/help_text.ts";
import { main } from "../../lib/cli/main.ts";
import { FakeWorld } from "../cli/fake_context.ts";

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

import { assertEquals, assertThrows } from "@std/assert";
import { chooseCommand, type Program } from "../../lib/cli/choose_command.ts";
import { UsageError } from "../../lib/cli/usage_error.ts";

for (
  const { args, program, mode, expected } of [
    { args: [], expected: ["help"] },
    { args: ["help"], expected: ["help"] },
    { args: ["-h"], expected: ["help"] },
    { args: ["--help"], expected: ["help"] },
    { args: ["-V"], expected: ["version"] },
    { args: ["version"], expected: ["version"] },
    { args: ["server", "-f"], expected: ["server", "-f"] },
    { args: ["client", "-f"], expected: ["client", "-f"] },
    { args: ["connector", "-f"], expected: ["connector", "-f"] },
    { args: ["provider", "-f"], expected: ["provider", "-f"] },
    { args: ["demo"], expected: ["demo"] },
    { args: ["help", "server"], expected: ["server", "--help"] },
    { args: ["help", "connector"], expected: ["connector", "--help"] },
    { args: ["-f"], program: "client", expected: ["client", "-f"] },
    { args: ["client"], program: "server", expected: ["server", "client"] },
    { args: [], program: "server", mode: "client", expected: ["server"] },
    { args: [], mode: "client", expected: ["client"] },
    { args: [], mode: "forward", expected: ["client"] },
    { args: [], mode: " Connector ", expected: ["connector"] },
    { args: ["-f"], mode: "provider", expected: ["provider", "-f"] },
    { args: [], mode: "reverse", expected: ["provider"] },
    { args: ["-h"], mode: "SERVER", expected: ["server", "-h"] },
    { args: ["client"], mode: "server", expected: ["client"] },
    { args: [], mode: "other", expected: ["help"] },
    { args: [], mode: "constructor", expected: ["help"] },
  ] as Array<{
    args: string[];
    program?: Program;
    mode?: string;
    expected: string[];
  }>
) {
  const title = [program ?? "synsocks", ...args].join(" ");
  Deno.test(`[64] chooseCommand() runs ${title}${mode ? ` in ${mode}` : ""}`, () => {
    for (const prefix of ["SYNSOCKS_", "LINKSOCKS_"]) {
      const chosen = chooseCommand(
        args,
        program ?? "synsocks",
        (name) => name === `${prefix}MODE` ? mode : undefined,
      );
      assertEquals([chosen.command.name, ...chosen.args], expected);
    }
  });
}

for (
  const { args, mode, message } of [
    { args: ["foo"], message: "Unknown command: foo" },
    { args: ["constructor"], message: "Unknown command: constructor" },
    {
      args: ["sever"],
      message: "Unknown command: sever. Did you mean server?",
    },
    { args: ["help", "foo"], message: "Unknown command: foo" },
    { args: ["-f"], message: "Missing command before -f" },
    { args: ["-f"], mode: "other", message: "Missing command before -f" },
  ]
) {
  Deno.test(`chooseCommand() says ${message} for ${args.join(" ")}`, () => {
    const error = assertThrows(
      () => chooseCommand(args, "synsocks", () => mode),
      UsageError,
    );
    assertEquals(error.message, message);
  });
}

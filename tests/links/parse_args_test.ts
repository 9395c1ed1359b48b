import { assertEquals } from "@std/assert";
import { parseArgs } from "@std/cli/parse-args";

for (
  const { args, expected } of [
    { args: ["--name=x=y"], expected: { name: ["x=y"] } },
    { args: ["--name", "x"], expected: { name: ["x"] } },
    { args: ["--name"], expected: { name: [""] } },
    { args: ["--name", "--on"], expected: { name: [""], on: [true] } },
    { args: ["--name=a", "--name=7"], expected: { name: ["a", "7"] } },
    { args: ["--on", "--on=false"], expected: { on: [true, false] } },
    { args: ["--on", "word"], expected: { on: [true], _: ["word"] } },
    { args: ["--no-on"], expected: { on: false } },
    { args: ["--on", "--", "--on"], expected: { on: [true], _: ["--on"] } },
  ] as Array<{ args: string[]; expected: Record<string, unknown> }>
) {
  Deno.test(`parseArgs() reads ${args.join(" ")}`, () => {
    const parsed = parseArgs(args, {
      string: ["name"],
      boolean: ["on"],
      collect: ["name", "on"],
      negatable: ["on"],
    });
    assertEquals({ ...parsed }, { _: [], name: [], on: [], ...expected });
  });
}

Deno.test("parseArgs() keeps the last value of what is not collected", () => {
  const parsed = parseArgs(["--name=a", "--name=b"], {
    string: "name",
    boolean: "on",
  });
  assertEquals({ ...parsed }, { _: [], name: "b", on: false });
});

Deno.test("parseArgs() tells of flags and words that it does not know", () => {
  const told: unknown[][] = [];
  parseArgs(["--foo=1", "-x", "word", "--no-bar"], {
    unknown: (...rest) => {
      told.push(rest);
      return false;
    },
  });
  assertEquals(told, [
    ["--foo=1", "foo", "1"],
    ["-x", "x", "word"],
    ["--no-bar", "no-bar", true],
  ]);
});

import { assert, assertEquals } from "@std/assert";

const ROW = /^\| *(\d+) *\|[^|]*\|([^|]*)\|$/;
const POINTS = 66;

/** The rows of the table in README.md: number and files. */
async function rows(): Promise<[number: number, files: string[]][]> {
  const url = new URL("./README.md", import.meta.url);
  const lines = (await Deno.readTextFile(url)).split("\n");
  return lines.flatMap((line) => {
    const match = ROW.exec(line);
    if (!match) return [];
    const files = [...match[2]!.matchAll(/`([^`]+)`/g)];
    return [[Number(match[1]), files.map(([, file]) => file!)]];
  });
}

Deno.test("the table of conformance has each point, and each file tests it", async () => {
  const table = await rows();
  assertEquals(
    table.map(([number]) => number),
    Array.from({ length: POINTS }, (_, index) => index + 1),
  );
  for (const [number, files] of table) {
    assert(files.length > 0, `point ${number} has no test`);
    for (const file of files) {
      const url = new URL(file, import.meta.url);
      // In the name of a test, alone or beside other numbers.
      const name = new RegExp(`["\`](?:\\[\\d+\\] )*\\[${number}\\]`);
      const text = await Deno.readTextFile(url);
      assert(name.test(text), `${file} has no test of point ${number}`);
    }
  }
});

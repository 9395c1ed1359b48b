import config from "../../deno.json" with { type: "json" };
import { assertEquals, assertStringIncludes } from "@std/assert";
import { unsupportedDeno } from "../../lib/base/deno_version.ts";

for (
  const version of [
    "2.5.0",
    "2.5.7",
    "2.6.2",
    "2.6.10",
    "2.9.6",
    "2.10.0",
    "3.0.0",
    "2.9.6+1a2b3c4",
    "2.7.0-rc.1",
    "unknown",
  ]
) {
  Deno.test(`unsupportedDeno() lets ${version} run`, () => {
    assertEquals(unsupportedDeno(version), undefined);
  });
}

for (const version of ["1.46.3", "2.0.0", "2.4.5", "2.4.0+1a2b3c4"]) {
  Deno.test(`unsupportedDeno() says that ${version} is too old`, () => {
    assertEquals(
      unsupportedDeno(version),
      `Deno ${version} is too old; run: deno upgrade (2.5.0 is needed)`,
    );
  });
}

for (const version of ["2.6.0", "2.6.1"]) {
  Deno.test(`unsupportedDeno() says that ${version} has a bug`, () => {
    assertEquals(
      unsupportedDeno(version),
      `Deno ${version} has a bug that stops all sockets; run: deno upgrade`,
    );
  });
}

Deno.test("README.md names the oldest version, and those with the bug", async () => {
  const readme = await Deno.readTextFile(
    new URL("../../README.md", import.meta.url),
  );
  const [, minor] = config.minimumDenoVersion.split(".");
  assertStringIncludes(readme, `2.${minor} or newer, except 2.6.0 and 2.6.1`);
});

import { assertEquals, assertStringIncludes } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { pathBeside, runDeno } from "../ffi/run_deno.ts";

const MAIN = pathBeside(import.meta.url, "_permissions_main.ts");
const UNIX = Deno.build.os !== "windows";
const HAS_FFI = ffiSupport().supported;
// deno-lint-ignore no-console -- the reason belongs to the test's output
if (!HAS_FFI) console.log("skipped: permissions: no system calls here");

async function run(
  ...permissions: string[]
): Promise<{ ws: string; ready: string }> {
  const { code, stdout, stderr } = await runDeno(
    ["--unstable-net", ...permissions.map((name) => `--allow-${name}`), MAIN],
  );
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  return JSON.parse(stdout);
}

Deno.test({
  name: "startClient() ends when a permission is missing",
  ignore: !UNIX,
  async fn() {
    assertEquals((await run("net")).ready, "NotCapable");
    assertEquals((await run("net", "read", "write")).ready, "");
  },
});

Deno.test({
  name: "Server.report() says that its port needs --allow-all",
  ignore: !HAS_FFI,
  async fn() {
    const { ws, ready } = await run("net", "read", "write", "ffi");
    assertEquals(ready, "");
    assertStringIncludes(ws, "(ws): off: ");
  },
});

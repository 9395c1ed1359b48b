import { assertEquals } from "@std/assert";
import { pathBeside, runDeno } from "../ffi/run_deno.ts";

Deno.test("unref() of a server lets the program end", async () => {
  const main = pathBeside(import.meta.url, "./_unref_main.ts");
  const { code, stdout } = await runDeno(["-A", main]);
  assertEquals({ code, stdout }, { code: 0, stdout: "unref'd\n" });
});

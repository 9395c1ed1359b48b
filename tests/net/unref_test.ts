import { assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { pathBeside, runDeno } from "../ffi/run_deno.ts";

const MAIN = pathBeside(import.meta.url, "./_unref_main.ts");
const HAS_EPOLL = ffiSupport().supported;

for (const backend of ["epoll", "deno"]) {
  for (
    const { name, what, expected } of [
      {
        name: "unref() of listener and conns lets the program end",
        what: "unref",
        expected: "unref'd",
      },
      {
        name: "ref() keeps the program running again until unref()",
        what: "ref",
        expected: "unref'd read 1",
      },
      {
        name: "unref() stops no events while something else runs",
        what: "events",
        expected: "unref'd read 1",
      },
    ]
  ) {
    Deno.test({
      name: `${name} (${backend})`,
      ignore: backend === "epoll" && !HAS_EPOLL,
      async fn() {
        const args = ["-A", MAIN, what, backend];
        const { code, stdout, stderr } = await runDeno(args);
        assertEquals({ code, stderr }, { code: 0, stderr: "" });
        assertEquals(stdout, expected);
      },
    });
  }
}

import { assert, assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { SILENT } from "../../lib/base/logger.ts";
import { chooseBackend } from "../../lib/net/choose_backend.ts";
import { DenoBackend } from "../../lib/net/deno_backend.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { pathBeside, runDeno } from "../ffi/run_deno.ts";

const LINUX = Deno.build.os === "linux";
const MAIN = pathBeside(import.meta.url, "./_choose_backend_main.ts");

// The C library stays open once it was opened: that must not be inside a test.
if (LINUX) ffiSupport();

Deno.test("chooseBackend() takes deno when asked", () => {
  const chosen = chooseBackend("deno", SILENT);
  assert(chosen.backend instanceof DenoBackend);
  assert(!("reason" in chosen));
});

for (const choice of ["auto", "epoll"] as const) {
  Deno.test({
    name: `chooseBackend() takes epoll for ${choice} where it can be had`,
    ignore: !LINUX,
    fn() {
      const chosen = chooseBackend(choice, SILENT);
      assert(chosen.backend instanceof EpollBackend);
      assert(!("reason" in chosen));
    },
  });
}

for (
  const { choice, expected } of [
    { choice: "auto", expected: { name: "deno", reason: "needs --allow-ffi" } },
    { choice: "deno", expected: { name: "deno" } },
    {
      choice: "epoll",
      expected: "ConfigError: Invalid backend: needs --allow-ffi",
    },
  ]
) {
  Deno.test({
    name: `chooseBackend() of ${choice} without permission`,
    ignore: !LINUX,
    async fn() {
      const { code, stdout, stderr } = await runDeno([
        "--deny-ffi",
        MAIN,
        choice,
      ]);
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      assertEquals(JSON.parse(stdout), expected);
    },
  });
}

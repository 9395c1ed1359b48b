import { assertEquals } from "@std/assert";
import { pathBeside } from "../ffi/run_deno.ts";
import { runInNamespace, testInNamespace } from "./_namespace.ts";
import type { NodelayReport } from "./_report.ts";

for (const sysctl of [0, 3]) {
  testInNamespace(
    `both ends of a tunnel have TCP_NODELAY (tcp_fastopen ${sysctl})`,
    async () => {
      const path = pathBeside(import.meta.url, "_nodelay_main.ts");
      const report = await runInNamespace<NodelayReport>(sysctl, path);
      assertEquals(report, { client: [1], server: [1] });
    },
  );
}

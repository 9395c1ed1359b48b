import { assertEquals, assertRejects } from "@std/assert";
import {
  changeSysctlFile,
  sysctlFileText,
  wantedSettings,
  writeSettings,
} from "../../lib/doctor/fix_settings.ts";
import type { CheckResult } from "../../lib/doctor/check.ts";

function check(
  status: CheckResult["status"],
  settings: Record<string, string>,
): CheckResult {
  const common = { id: "x", title: "x", group: "system", detail: "x" } as const;
  return { ...common, status, settings };
}

Deno.test("wantedSettings() joins what the checks want that did not pass", () => {
  const report = {
    version: 1,
    ok: false,
    asked: ["system"],
    checks: [
      check("fail", { a: "1" }),
      check("warn", { b: "2" }),
      check("pass", { c: "3" }),
    ],
    counters: {},
  } as const;
  assertEquals(wantedSettings(report), { a: "1", b: "2" });
});

Deno.test("changeSysctlFile() changes the settings and no other line", () => {
  const settings = { "net.b": "2", "net.c": "3" };
  for (const nothing of ["", "\n", sysctlFileText(settings)]) {
    const text = changeSysctlFile(nothing, settings);
    assertEquals(text, sysctlFileText(settings));
  }
  const kept = "; a remark\n#net.b = 1\n-net.*.a = 1 2 \nnet.bb=3\nnonsense\n";
  for (const old of ["", "net.b = 0\n", " -net/b=0\nnet.c=  \n"]) {
    assertEquals(
      changeSysctlFile(kept + old, settings),
      `${kept}net.b = 2\nnet.c = 3\n`,
    );
  }
});

Deno.test("writeSettings() keeps what the file has, and applies the new", async () => {
  const root = await Deno.makeTempDir();
  try {
    await Deno.mkdir(`${root}/net`);
    await Deno.writeTextFile(`${root}/net/b`, "0\n");
    const file = `${root}/sysctl.d/99.conf`;
    await Deno.mkdir(`${root}/sysctl.d`);
    await Deno.writeTextFile(file, "net.a = 1\nnet.b = 1\n");
    await writeSettings({ "net.b": "2" }, { file, root });
    assertEquals(await Deno.readTextFile(file), "net.a = 1\nnet.b = 2\n");
    assertEquals(await Deno.readTextFile(`${root}/net/b`), "2");
    // A kernel that does not know it says so, and no file is made up.
    await assertRejects(
      () => writeSettings({ "net.c": "1" }, { file, root }),
      Deno.errors.NotFound,
    );
  } finally {
    await Deno.remove(root, { recursive: true });
  }
});

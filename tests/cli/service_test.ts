import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "@std/assert";
import { SERVICE_COMMAND } from "../../lib/cli/commands/service.ts";
import { unitText } from "../../lib/cli/commands/service_files.ts";
import { commandHelp } from "../../lib/cli/help_text.ts";
import { main } from "../../lib/cli/main.ts";
import { FakeWorld } from "./fake_context.ts";

const UNITS = ["server", "client"].map((role) =>
  `/etc/systemd/system/synsocks-${role}.service`
);
const TOKEN = /^SYNSOCKS_TOKEN=([0-9a-f]{16})$/m;

async function inFolder(run: (root: string) => Promise<void>): Promise<void> {
  const root = await Deno.makeTempDir();
  try {
    await run(root);
  } finally {
    await Deno.remove(root, { recursive: true });
  }
}

async function install(root: string, role: string): Promise<string[]> {
  const world = new FakeWorld();
  const args = ["service", "--root", root, "--role", role];
  assertEquals(await main(args, "synsocks", world), 0);
  return world.stdout;
}

function hasSystemd(): boolean {
  try {
    return new Deno.Command("systemd-analyze", {
      args: ["--version"],
      stdout: "null",
    }).outputSync().success;
  } catch {
    // deno-lint-ignore no-console -- the reason belongs to the test's output
    console.log("skipped: units are not verified: there is no systemd-analyze");
    return false;
  }
}

Deno.test("service has its help in 80 columns", () => {
  const text = commandHelp(SERVICE_COMMAND, "synsocks service");
  for (const line of text.split("\n")) assert(line.length <= 80, line);
});

Deno.test("service --print shows all files and no token, and writes nothing", async () => {
  await inFolder(async (root) => {
    const world = new FakeWorld();
    const args = ["service", "--print", "--root", root];
    assertEquals(await main(args, "synsocks", world), 0);
    const text = world.stdout.join("\n");
    for (const path of [...UNITS, "/etc/sysctl.d/99-synsocks.conf"]) {
      assertStringIncludes(text, `### ${path}\n`);
    }
    assertStringIncludes(text, "SYNSOCKS_TOKEN=CHANGE-ME");
    assertEquals(await Array.fromAsync(Deno.readDir(root)), []);
  });
});

Deno.test("service gives both roles one token, for root alone", async () => {
  await inFolder(async (root) => {
    const lines = await install(root, "both");
    assertEquals(lines.length, 5);
    const tokens = new Set<string>();
    for (const role of ["server", "client"]) {
      const path = `${root}/etc/synsocks/${role}.env`;
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
      tokens.add(TOKEN.exec(await Deno.readTextFile(path))![1]!);
    }
    assertEquals(tokens.size, 1);
    assertMatch(
      await Deno.readTextFile(`${root}/etc/sysctl.d/99-synsocks.conf`),
      /^net\.ipv4\.tcp_fastopen = 3$/m,
    );
  });
});

Deno.test("service keeps settings and takes their token for the other role", async () => {
  await inFolder(async (root) => {
    await install(root, "server");
    const path = `${root}/etc/synsocks/server.env`;
    const text = "SYNSOCKS_TOKEN=mine\n";
    await Deno.writeTextFile(path, text);
    const lines = await install(root, "both");
    assert(lines.includes(`kept     ${path}`));
    assertEquals(await Deno.readTextFile(path), text);
    assertStringIncludes(
      await Deno.readTextFile(`${root}/etc/synsocks/client.env`),
      "\nSYNSOCKS_TOKEN=mine\n",
    );
  });
});

Deno.test("service refuses a relative --root", async () => {
  const world = new FakeWorld();
  assertEquals(await main(["service", "--root", "x"], "synsocks", world), 2);
  assertStringIncludes(world.stderr[0]!, "must be an absolute path");
});

Deno.test("unitText() quotes what systemd would take apart", () => {
  const text = unitText("server", ["/opt/a b/deno", "run", "/opt/50%/$x.ts"]);
  assertStringIncludes(
    text,
    'ExecStart="/opt/a b/deno" run /opt/50%%/$$x.ts\n',
  );
});

Deno.test({
  name: "systemd-analyze finds no fault in the units",
  ignore: !hasSystemd(),
  async fn() {
    await inFolder(async (root) => {
      await install(root, "both");
      const { success, stdout, stderr } = await new Deno.Command(
        "systemd-analyze",
        { args: ["verify", ...UNITS.map((path) => root + path)] },
      ).output();
      const text = new TextDecoder().decode(stdout) +
        new TextDecoder().decode(stderr);
      // It also speaks of other units of this machine.
      const ours = text.split("\n").filter((line) => line.includes("synsocks"));
      assertEquals({ success, ours }, { success: true, ours: [] });
    });
  },
});

const NOBODY = 65534;
const ENTRY = new URL("../../cli.ts", import.meta.url).pathname;

/** Whether another user can run this program from where it lies. */
function otherUserCanRun(): boolean {
  if (Deno.build.os !== "linux" || Deno.uid() !== 0) return false;
  return new Deno.Command("/bin/sh", {
    args: ["-c", 'test -r "$0" && test -x "$1"', ENTRY, Deno.execPath()],
    uid: NOBODY,
  }).outputSync().success;
}

const CAN_BE_NOBODY = otherUserCanRun();
if (!CAN_BE_NOBODY) {
  // deno-lint-ignore no-console -- the reason belongs to the test's output
  console.log("skipped: service without root: needs root to become another");
}

Deno.test({
  name: "service without root prints the files and says so",
  ignore: !CAN_BE_NOBODY,
  async fn() {
    const cache = await Deno.makeTempDir();
    try {
      await Deno.chown(cache, NOBODY, NOBODY);
      const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", ENTRY, "service"],
        env: { DENO_DIR: cache },
        uid: NOBODY,
      }).output();
      const text = new TextDecoder().decode(stderr);
      assertEquals(code, 0, text);
      assertStringIncludes(text, "Nothing was written: that needs root.");
      assertStringIncludes(new TextDecoder().decode(stdout), "[Service]");
    } finally {
      await Deno.remove(cache, { recursive: true });
    }
  },
});

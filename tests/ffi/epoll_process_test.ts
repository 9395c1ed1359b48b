import { assert, assertEquals } from "@std/assert";
import { pathBeside, runDeno } from "./run_deno.ts";

const MAIN = pathBeside(import.meta.url, "./_epoll_main.ts");

function testOnLinux(name: string, fn: () => Promise<void>): void {
  Deno.test({ name, ignore: Deno.build.os !== "linux", fn });
}

testOnLinux("Epoll lets a program end that has closed everything", async () => {
  const { code, stdout, stderr } = await runDeno(["-A", MAIN, "exit"]);
  assertEquals({ code, stdout, stderr }, {
    code: 0,
    stdout: "closed",
    stderr: "",
  });
});

testOnLinux("Epoll waits without using processor time", async () => {
  const { code, stdout, stderr } = await runDeno(["-A", MAIN, "idle"]);
  assertEquals({ code, stderr }, { code: 0, stderr: "" });
  assert(Number(stdout) < 50, `${stdout} ms of one second`);
});

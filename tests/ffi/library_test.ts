import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  check,
  ffiSupport,
  lastErrno,
  libc,
  type OpenLibrary,
  SyscallError,
} from "../../ffi/library.ts";
// A second copy, in which the library has not been opened.
import { ffiSupport as ffiSupportUnopened } from "../../ffi/library.ts?unopened";
import { ERRNO, errnoName } from "../../ffi/constants.ts";
import { pathBeside, runDeno } from "./run_deno.ts";

const LINUX = Deno.build.os === "linux";
const MAIN = pathBeside(import.meta.url, "./_support_main.ts");

// The C library stays open once it was opened: that must not be inside a test.
if (LINUX) ffiSupport();

for (
  const { os, arch, reason } of [
    { os: "darwin", arch: "aarch64", reason: "no system calls on darwin yet" },
    { os: "windows", arch: "x86_64", reason: "no system calls on windows yet" },
    { os: "freebsd", arch: "x86_64", reason: "no system calls on freebsd yet" },
    { os: "linux", arch: "riscv64", reason: "no system calls on riscv64 yet" },
  ]
) {
  Deno.test(`ffiSupport() gives a reason on ${os} ${arch}`, () => {
    let opens = 0;
    const open: OpenLibrary = () => {
      opens++;
      throw new Error("unexpected");
    };
    assertEquals(ffiSupport({ os, arch }, open), { supported: false, reason });
    assertEquals(ffiSupportUnopened({ os, arch }, open), {
      supported: false,
      reason,
    });
    assertEquals(opens, 0);
  });
}

Deno.test({
  name: "ffiSupport() is true on Linux with permission",
  ignore: !LINUX,
  fn() {
    assertEquals(ffiSupport(), { supported: true });
  },
});

for (
  const { name, thrown, text } of [
    {
      name: "an error",
      thrown: new Error("no such file"),
      text: "no such file",
    },
    { name: "a text", thrown: "no such file", text: "no such file" },
  ]
) {
  Deno.test(`ffiSupport() gives a reason when opening throws ${name}`, () => {
    const support = ffiSupportUnopened({ os: "linux", arch: "x86_64" }, () => {
      throw thrown;
    });
    assertEquals(support, {
      supported: false,
      reason: `cannot open libc.so.6: ${text}`,
    });
  });
}

Deno.test("ffiSupport() tries again after opening has failed", () => {
  let opens = 0;
  for (let i = 0; i < 2; i++) {
    ffiSupportUnopened({ os: "linux", arch: "aarch64" }, () => {
      opens++;
      throw new Error("not yet");
    });
  }
  assertEquals(opens, 2);
});

for (
  const { name, permissions } of [
    { name: "denied", permissions: ["--deny-ffi"] },
    { name: "not granted", permissions: ["--allow-net"] },
    { name: "denied beside --allow-all", permissions: ["-A", "--deny-ffi"] },
  ]
) {
  Deno.test({
    name: `ffiSupport() names the flag when the permission is ${name}`,
    ignore: !LINUX,
    async fn() {
      const { code, stdout, stderr } = await runDeno([...permissions, MAIN]);
      assertEquals({ code, stderr }, { code: 0, stderr: "" });
      assertEquals(JSON.parse(stdout), {
        supported: false,
        reason: "needs --allow-ffi",
        fix: "deno run -A …",
      });
    },
  });
}

Deno.test({
  name: "ffiSupport() needs no more than --allow-ffi",
  ignore: !LINUX,
  async fn() {
    const { stdout } = await runDeno(["--allow-ffi", MAIN]);
    assertEquals(JSON.parse(stdout), { supported: true });
  },
});

Deno.test({
  name: "check() throws what failed and why",
  ignore: !LINUX,
  fn() {
    const error = assertThrows(
      () => check("close", libc().close(-1)),
      SyscallError,
    );
    assertEquals(error.name, "SyscallError");
    assertEquals(error.message, "close: EBADF");
    assertEquals({ call: error.call, errno: error.errno }, {
      call: "close",
      errno: ERRNO.EBADF,
    });
    assertEquals(check("dup", 7), 7);
    assertEquals(check("close", 0), 0);
  },
});

Deno.test({
  name: "lastErrno() is right after each of many calls",
  ignore: !LINUX,
  fn() {
    const { close, socket } = libc();
    for (let i = 0; i < 10_000; i++) {
      assert(close(-1) < 0 && lastErrno() === ERRNO.EBADF);
      assert(socket(-1, 0, 0) < 0 && lastErrno() === ERRNO.EAFNOSUPPORT);
    }
  },
});

Deno.test("errnoName() names what it knows and counts the rest", () => {
  assertEquals(errnoName(111), "ECONNREFUSED");
  assertEquals(errnoName(4095), "errno 4095");
});

import { assert, assertEquals, assertStrictEquals } from "@std/assert";
import { ERRNO, SyscallError } from "../../ffi/mod.ts";
import { TunnelError } from "../../lib/base/errors.ts";
import { errorOfErrno, errorOfSystem } from "../../lib/net/system_error.ts";

for (
  const { name, code, message } of [
    { name: "ECONNREFUSED", code: "refused", message: "connection refused" },
    {
      name: "ENETUNREACH",
      code: "unreachable",
      message: "network is unreachable",
    },
    { name: "EHOSTUNREACH", code: "unreachable", message: "no route to host" },
    { name: "EHOSTDOWN", code: "unreachable", message: "host is down" },
    { name: "ENETDOWN", code: "unreachable", message: "network is down" },
    {
      name: "EADDRNOTAVAIL",
      code: "unreachable",
      message: "address not available",
    },
    {
      name: "EAFNOSUPPORT",
      code: "unreachable",
      message: "address family not supported",
    },
    { name: "ETIMEDOUT", code: "timeout", message: "i/o timeout" },
    { name: "ECONNRESET", code: "reset", message: "connection reset by peer" },
    { name: "EPIPE", code: "reset", message: "broken pipe" },
    { name: "EACCES", code: "denied", message: "permission denied" },
    { name: "EPERM", code: "denied", message: "operation not permitted" },
    {
      name: "EADDRINUSE",
      code: "unavailable",
      message: "address already in use",
    },
    { name: "EMFILE", code: "exhausted", message: "too many open files" },
    {
      name: "ENFILE",
      code: "exhausted",
      message: "too many open files in system",
    },
    {
      name: "ENOBUFS",
      code: "exhausted",
      message: "no buffer space available",
    },
    { name: "ENOMEM", code: "exhausted", message: "cannot allocate memory" },
    { name: "EINVAL", code: "failed", message: "EINVAL" },
  ] as const
) {
  Deno.test(`errorOfErrno() gives ${code} for ${name}`, () => {
    const error = errorOfErrno(ERRNO[name]);
    assertEquals({ code: error.code, message: error.message }, {
      code,
      message,
    });
    assert(!("cause" in error));
  });
}

Deno.test("errorOfErrno() gives failed for a number without a name", () => {
  const error = errorOfErrno(4095);
  assertEquals(error.code, "failed");
  assertEquals(error.message, "errno 4095");
  // One for all conns that fail so.
  assertEquals(errorOfErrno(4095), error);
});

const { errors } = Deno;

for (
  const { thrown, code } of [
    { thrown: new errors.ConnectionRefused("x"), code: "refused" },
    { thrown: new errors.ConnectionReset("x"), code: "reset" },
    { thrown: new errors.BrokenPipe("x"), code: "reset" },
    { thrown: new errors.NotConnected("x"), code: "reset" },
    { thrown: new errors.TimedOut("x"), code: "timeout" },
    { thrown: new errors.PermissionDenied("x"), code: "denied" },
    { thrown: new errors.NotCapable("x"), code: "denied" },
    { thrown: new errors.AddrInUse("x"), code: "unavailable" },
    { thrown: new errors.AddrNotAvailable("x"), code: "unreachable" },
    { thrown: new errors.NetworkUnreachable("x"), code: "unreachable" },
    {
      thrown: new Error("Network is unreachable (os error 101)"),
      code: "unreachable",
    },
    {
      thrown: new Error("No route to host (os error 113)"),
      code: "unreachable",
    },
    {
      thrown: new Error("Too many open files (os error 24)"),
      code: "exhausted",
    },
    {
      thrown: new Error("File table overflow (os error 23)"),
      code: "exhausted",
    },
    { thrown: new Error("something else (os error 1013)"), code: "failed" },
    { thrown: new Error("something else (os error 240)"), code: "failed" },
    { thrown: "a text", code: "failed" },
    { thrown: undefined, code: "failed" },
  ]
) {
  Deno.test(`errorOfSystem() gives ${code} for ${thrown}`, () => {
    const error = errorOfSystem(thrown);
    assert(error instanceof TunnelError);
    assertEquals(error.code, code);
    assertStrictEquals(error.cause, thrown);
    assert(error.message.length > 0);
  });
}

Deno.test("errorOfSystem() reads a failed system call", () => {
  const thrown = new SyscallError("connect", ERRNO.ECONNREFUSED);
  const error = errorOfSystem(thrown);
  assertEquals(error.code, "refused");
  assertStrictEquals(error, errorOfErrno(ERRNO.ECONNREFUSED));
});

Deno.test("errorOfSystem() gives a TunnelError back as it is", () => {
  const error = new TunnelError("closed", "the conn is closed");
  assertStrictEquals(errorOfSystem(error), error);
});

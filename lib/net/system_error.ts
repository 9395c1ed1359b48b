import { ERRNO, errnoName, SyscallError } from "../../ffi/mod.ts";
import { TunnelError, type TunnelErrorCode } from "../base/errors.ts";

const CODES: ReadonlyMap<number, readonly [TunnelErrorCode, string]> = new Map([
  [ERRNO.ECONNREFUSED, ["refused", "connection refused"]],
  [ERRNO.ENETUNREACH, ["unreachable", "network is unreachable"]],
  [ERRNO.EHOSTUNREACH, ["unreachable", "no route to host"]],
  [ERRNO.EHOSTDOWN, ["unreachable", "host is down"]],
  [ERRNO.ENETDOWN, ["unreachable", "network is down"]],
  [ERRNO.EADDRNOTAVAIL, ["unreachable", "address not available"]],
  [ERRNO.EAFNOSUPPORT, ["unreachable", "address family not supported"]],
  [ERRNO.ETIMEDOUT, ["timeout", "i/o timeout"]],
  [ERRNO.ECONNRESET, ["reset", "connection reset by peer"]],
  [ERRNO.EPIPE, ["reset", "broken pipe"]],
  [ERRNO.EACCES, ["denied", "permission denied"]],
  [ERRNO.EPERM, ["denied", "operation not permitted"]],
  [ERRNO.EMSGSIZE, ["limit", "message too long"]],
  [ERRNO.EADDRINUSE, ["unavailable", "address already in use"]],
  [ERRNO.EMFILE, ["exhausted", "too many open files"]],
  [ERRNO.ENFILE, ["exhausted", "too many open files in system"]],
  [ERRNO.ENOBUFS, ["exhausted", "no buffer space available"]],
  [ERRNO.ENOMEM, ["exhausted", "cannot allocate memory"]],
]);

/** Cached by number: a busy exit sees thousands of resets a second. */
const ERRORS = new Map<number, TunnelError>();

/** The error for an errno value, with the text that other implementations send. */
export function errorOfErrno(errno: number): TunnelError {
  let error = ERRORS.get(errno);
  if (!error) {
    const [code, text] = CODES.get(errno) ?? ["failed", errnoName(errno)];
    error = new TunnelError(code, text);
    ERRORS.set(errno, error);
  }
  return error;
}

/** Converts errors of system calls and of Deno's sockets. */
export function errorOfSystem(error: unknown): TunnelError {
  if (error instanceof TunnelError) return error;
  if (error instanceof SyscallError) return errorOfErrno(error.errno);
  const [code, text] = codeOfDenoError(error);
  return new TunnelError(code, text, { cause: error });
}

function codeOfDenoError(error: unknown): readonly [TunnelErrorCode, string] {
  const { errors } = Deno;
  if (error instanceof errors.ConnectionRefused) {
    return ["refused", "connection refused"];
  }
  if (error instanceof errors.ConnectionReset) {
    return ["reset", "connection reset by peer"];
  }
  if (error instanceof errors.BrokenPipe) return ["reset", "broken pipe"];
  if (error instanceof errors.NotConnected) {
    return ["reset", "not connected"];
  }
  if (error instanceof errors.TimedOut) return ["timeout", "i/o timeout"];
  if (
    error instanceof errors.PermissionDenied ||
    error instanceof errors.NotCapable
  ) {
    return ["denied", "permission denied"];
  }
  if (error instanceof errors.AddrInUse) {
    return ["unavailable", "address already in use"];
  }
  if (
    error instanceof errors.AddrNotAvailable ||
    error instanceof errors.NetworkUnreachable
  ) {
    return ["unreachable", "network is unreachable"];
  }
  const text = error instanceof Error ? error.message : String(error);
  if (/os error (101|113)\b/.test(text)) {
    return ["unreachable", "no route to host"];
  }
  if (/os error (23|24)\b/.test(text)) {
    return ["exhausted", "too many open files"];
  }
  return ["failed", text];
}

import type { Failure } from "./failure.ts";
import { REPLY } from "./socks5.ts";

/** The reply code that tells an app why it could not be connected. */
export function socks5ReplyFor(failure: Failure): number {
  switch (failure) {
    case "refused":
      return REPLY.connectionRefused;
    case "unreachable":
    case "unavailable":
      return REPLY.networkUnreachable;
    case "name":
    case "noAnswer":
      return REPLY.hostUnreachable;
    case "timeout":
      return REPLY.ttlExpired;
    case "denied":
      return REPLY.notAllowed;
    case "unsupported":
      return REPLY.commandNotSupported;
    default:
      return REPLY.generalFailure;
  }
}

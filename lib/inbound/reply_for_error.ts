import { errorCode, type TunnelErrorCode } from "../base/errors.ts";
import { REPLY } from "./socks5.ts";

/** The reply code that tells an app why it could not be connected. */
export function replyForError(error: unknown): number {
  return replyForFailure(errorCode(error));
}

/** The reply code of a failure; `noAnswer` is a peer that has not said. */
export function replyForFailure(failure: TunnelErrorCode | "noAnswer"): number {
  switch (failure) {
    case "noAnswer":
      return REPLY.hostUnreachable;
    case "refused":
      return REPLY.connectionRefused;
    case "unreachable":
    case "unavailable":
      return REPLY.networkUnreachable;
    case "name":
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

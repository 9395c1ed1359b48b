import { errorCode } from "../base/errors.ts";
import { REPLY } from "./socks5.ts";

/** The reply code that tells an app why it could not be connected. */
export function replyForError(error: unknown): number {
  switch (errorCode(error)) {
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

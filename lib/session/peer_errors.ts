import { TunnelError, type TunnelErrorCode } from "../base/errors.ts";

const WORDS: ReadonlyArray<readonly [TunnelErrorCode, readonly string[]]> = [
  ["refused", ["refused"]],
  ["name", ["no such host", "lookup", "name or service", "getaddrinfo"]],
  ["unreachable", ["unreachable", "no route", "address family"]],
  ["timeout", ["timeout", "timed out", "deadline"]],
  ["unsupported", ["not supported"]],
  ["denied", ["denied", "not permitted", "not allowed"]],
];

/** The code for a failure: peers send free text from their system. */
function failureCode(text: string): TunnelErrorCode {
  const reason = text.toLowerCase();
  for (const [code, words] of WORDS) {
    if (words.some((word) => reason.includes(word))) return code;
  }
  return "failed";
}

/** The error of a channel that the peer has refused, in the peer's words. */
export function refusalError(text: string = ""): TunnelError {
  return new TunnelError(failureCode(text), text || "refused");
}

/**
 * The error of a channel that the peer has ended in both directions.
 *
 * @param reason The peer's words; none, or `EOF`, for an orderly end
 * @param opened Whether the channel was open; its end is no orderly one before
 * @returns nothing for an orderly end
 */
export function disconnectError(
  reason: string | undefined,
  opened: boolean,
): TunnelError | undefined {
  if (opened && (!reason || reason === "EOF")) return undefined;
  return resetFor(reason || "closed before it was open");
}

let lastReset = new TunnelError("reset", "reset");

/** Most resets of a busy session have the same words: one error for them. */
function resetFor(reason: string): TunnelError {
  if (lastReset.message !== reason) {
    lastReset = new TunnelError("reset", reason);
  }
  return lastReset;
}

import type { TunnelErrorCode } from "../base/errors.ts";

const WORDS: ReadonlyArray<readonly [TunnelErrorCode, readonly string[]]> = [
  ["refused", ["refused"]],
  ["name", ["no such host", "lookup", "name or service", "getaddrinfo"]],
  ["unreachable", ["unreachable", "no route", "address family"]],
  ["timeout", ["timeout", "timed out", "deadline"]],
  ["unsupported", ["not supported"]],
  ["denied", ["denied", "not permitted", "not allowed"]],
];

/** The code for a failure: peers send free text from their system. */
export function failureCode(text: string | undefined): TunnelErrorCode {
  const reason = (text ?? "").toLowerCase();
  for (const [code, words] of WORDS) {
    if (words.some((word) => reason.includes(word))) return code;
  }
  return "failed";
}

/**
 * Why something failed, for programs. Mapped to the outside only at the edges:
 * SOCKS reply codes, WebSocket close codes, exit codes.
 *
 * - `refused`, `unreachable`, `timeout`, `reset`: what the network said of a dial
 *   or a conn
 * - `name`: the host name does not resolve
 * - `denied`: a rule or a permission forbids it
 * - `auth`: the peer rejected our token
 * - `protocol`: the peer sent what the protocol does not allow
 * - `limit`: the peer asked for more than a named limit
 * - `closed`: the thing is closed
 * - `unavailable`: nothing is there to do it now (no session is up)
 * - `exhausted`: descriptors, memory or ports have run out
 * - `unsupported`: this platform or peer cannot do it
 * - `failed`: none of these
 */
export type TunnelErrorCode =
  | "refused"
  | "unreachable"
  | "timeout"
  | "reset"
  | "name"
  | "denied"
  | "auth"
  | "protocol"
  | "limit"
  | "closed"
  | "unavailable"
  | "exhausted"
  | "unsupported"
  | "failed";

/** Base of every error that a caller is meant to catch. */
export class TunnelError extends Error {
  /** Stable, for programs; the message is for people. */
  readonly code: TunnelErrorCode;

  /** Makes an error with a stable code, a message for people and its cause. */
  constructor(code: TunnelErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** An option has a value that it may not have. */
export class ConfigError extends Error {
  /** The option's name: the property, or on a command line the flag. */
  readonly field: string;
  /** What is wrong with its value. */
  readonly reason: string;

  /** Makes an error of the form `Invalid FIELD: REASON`. */
  constructor(field: string, reason: string) {
    super(`Invalid ${field}: ${reason}`);
    this.name = "ConfigError";
    this.field = field;
    this.reason = reason;
  }
}

/** The text of anything that was thrown. */
export function errorText(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The code of anything that was thrown. */
export function errorCode(error: unknown): TunnelErrorCode {
  return error instanceof TunnelError ? error.code : "failed";
}

/** Whether a mistake of this program was thrown, which no retry will mend. */
export function isProgramError(error: unknown): boolean {
  return error instanceof TypeError || error instanceof ReferenceError ||
    error instanceof RangeError;
}

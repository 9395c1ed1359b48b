import type { TunnelErrorCode } from "../base/errors.ts";

/**
 * Why an app gets no target, whatever protocol it speaks: the code of an error, or
 * `noAnswer` when the peer has not said in time what became of the request.
 */
export type Failure = TunnelErrorCode | "noAnswer";

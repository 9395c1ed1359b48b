import type { TunnelErrorCode } from "../base/errors.ts";

/**
 * Why an app gets no target, whatever protocol it speaks: the code of an error,
 * or `noAnswer` when the peer did not answer the request in time.
 */
export type Failure = TunnelErrorCode | "noAnswer";

import { TunnelError } from "../base/errors.ts";

/** The peer speaks another major version: nothing that it says can be understood. */
export class VersionError extends TunnelError {
  /** Makes an error with the code `protocol` and both major versions. */
  constructor(ours: number, theirs: number) {
    super(
      "protocol",
      `Cannot decode message: expected major version ${ours} but got ${theirs}`,
    );
  }
}

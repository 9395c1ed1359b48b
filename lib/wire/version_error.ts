import { TunnelError } from "../base/errors.ts";

/** The peer speaks another major version: nothing that it says can be understood. */
export class VersionError extends TunnelError {
  /** The peer's major version. */
  readonly major: number;

  /** Makes an error with the code `protocol` and both major versions. */
  constructor(ours: number, major: number) {
    super(
      "protocol",
      `Cannot decode message: expected major version ${ours} but got ${major}`,
    );
    this.major = major;
  }
}

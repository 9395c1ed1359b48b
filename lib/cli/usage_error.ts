/** The command line does not say what to do. */
export class UsageError extends Error {
  /** Makes an error whose message names the argument. */
  constructor(message: string) {
    super(message);
    this.name = "UsageError";
  }
}

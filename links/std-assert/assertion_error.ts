/** A claim of a test that turned out to be false. */
export class AssertionError extends Error {
  /** Makes the error; what led to it goes into `options.cause`. */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

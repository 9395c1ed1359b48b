/** What an app needs of its conn, whether it blocks or not. */
export interface AskingConn extends Disposable {
  /** Sends bytes, which are few enough to fit. */
  write(bytes: Uint8Array): void;
  /** Reads `count` bytes and forgets them. */
  skip(count: number): void | Promise<void>;
  /** When the next byte was there, in the time of `performance.now`. */
  firstByteAt(): number | Promise<number>;
}

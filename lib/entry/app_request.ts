import { formatTarget } from "../base/address.ts";
import { type Deadline, Deadlines } from "../base/deadlines.ts";
import { EMPTY } from "../base/empty.ts";
import { errorCode, errorText, TunnelError } from "../base/errors.ts";
import type { Observer } from "../base/events.ts";
import type { Logger } from "../base/logger.ts";
import type { Failure } from "../inbound/failure.ts";
import type { TcpRequest } from "../inbound/request.ts";
import { Splice } from "../join/splice.ts";
import { FAILED, IGNORE } from "../net/conn.ts";
import type { Session } from "../session/session.ts";
import { MAX_FIRST_BYTES } from "../wire/limits.ts";
import { type SessionSource, whenOpen } from "./session_source.ts";
import type { SpeaksFirst } from "./speaks_first.ts";

/** What the requests of an entry have in common. */
export interface AppRequestOptions {
  /** Where sessions come from. */
  sessions: SessionSource;
  /** Tell apps that they are connected before the target is. */
  optimistic: boolean;
  /** Knows and learns who speaks first at a target. */
  speaksFirst: SpeaksFirst;
  logger: Logger;
  observer: Observer;
}

/**
 * When an app is told that it is connected: before the target is, when it is, or
 * never, since the target's own answer says so.
 */
type Reply = "at once" | "when open" | "silent";

type State =
  /** The app was told, and its first bytes are to go with CONNECT. */
  | "awaits first bytes"
  /** The last session was lost meanwhile. */
  | "awaits session"
  /** The peer was asked; the conn is still ours. */
  | "opening"
  /** The splice owns the conn. */
  | "joined"
  | "over";

/** Deadline for the peer's answer: it dials for up to 10 s. */
const RESPONSE_DEADLINE_MS = 15_000;
/**
 * How long to wait for first bytes of an app that was told success: it sends at
 * once, or waits for the target.
 */
const FIRST_BYTES_WAIT_MS = 2;
/** Longer wait for targets where the app sends first: a browser has its first bytes
 * at once, but curl reads all certificates of the system before it says ClientHello.
 * This costs nothing: the bytes travel with CONNECT and save a round trip. */
const APP_WAIT_MS = 25;

const RESPONSES = new Deadlines(RESPONSE_DEADLINE_MS);
const FIRST_BYTES_WAITS = new Deadlines(FIRST_BYTES_WAIT_MS);
const APP_WAITS = new Deadlines(APP_WAIT_MS);

/** First bytes of an app; used within one call. */
const SCRATCH = new Uint8Array(MAX_FIRST_BYTES);

/** A byte stream that an app wants: is answered, opened at a session and joined. */
export class AppRequest {
  readonly #options: AppRequestOptions;
  readonly #request: TcpRequest;
  readonly #finished: () => void;
  readonly #reply: Reply;
  #state: State = "awaits first bytes";
  #splice: Splice | undefined;
  /** Ends the wait for first bytes, or for the peer's response. */
  #cancelWait: () => void = () => {};

  /**
   * A request at an entry that has a session; call `start` next.
   *
   * @param finished Called once when it is over
   */
  constructor(
    options: AppRequestOptions,
    request: TcpRequest,
    finished: () => void,
  ) {
    this.#options = options;
    this.#request = request;
    this.#finished = finished;
    this.#reply = request.silent
      ? "silent"
      : options.optimistic
      ? "at once"
      : "when open";
  }

  /** Answers the app, if it is told at once, and opens a channel. */
  start(): void {
    const { sessions, speaksFirst } = this.#options;
    const { first, target } = this.#request;
    if (this.#reply !== "at once") return this.#open(first);
    this.#request.succeed();
    // An old peer takes first bytes behind CONNECT only: no use to wait for them.
    if (first.length > 0 || !sessions.current?.v1) return this.#open(first);
    const speaker = speaksFirst.expected(target);
    if (speaker === "target") return this.#open(EMPTY);
    this.#awaitFirstBytes(speaker === "app" ? APP_WAITS : FIRST_BYTES_WAITS);
  }

  /** The entry is closed: waits no longer. What is joined goes on. */
  close(): void {
    this.#cancelWait();
    if (this.#splice) return;
    this.#request.conn.reset();
    this.#finish();
  }

  // --- before the channel ---

  /**
   * The app sends as soon as it has our reply. Its bytes go with CONNECT, so that
   * the exit has them for its SYN; but nobody waits long for an app that waits for
   * the target.
   */
  #awaitFirstBytes(waits: Deadlines): void {
    const { conn } = this.#request;
    const gone = (): void => {
      this.#cancelWait();
      conn.reset();
      this.#finish();
    };
    const readable = (): void => {
      const count = conn.read(SCRATCH);
      if (count === 0) return;
      if (count === FAILED) return gone();
      // The end is read again when the conn is joined.
      this.#open(SCRATCH.subarray(0, Math.max(0, count)));
    };
    this.#wait(waits, () => this.#open(EMPTY));
    conn.handler = { readable, writable() {}, failed: gone };
    readable();
  }

  /** Takes a session, or waits for one if the last one was lost meanwhile. */
  #open(first: Uint8Array): void {
    this.#cancelWait();
    this.#state = "awaits session";
    this.#request.conn.handler = IGNORE;
    const { sessions } = this.#options;
    const bytes = sessions.current ? first : first.slice();
    whenOpen(sessions, (isOpen) => {
      if (this.#state !== "awaits session") return;
      const session = isOpen ? sessions.pick() : undefined;
      if (session) return this.#openAt(session, bytes);
      this.#fail(new TunnelError("unavailable", "no session"));
      this.#finish();
    });
  }

  /** `bytes` are what has been read of the app and is for the target. */
  #openAt(session: Session, bytes: Uint8Array): void {
    const { optimistic, speaksFirst } = this.#options;
    const { target } = this.#request;
    const told = this.#reply === "at once";
    // An app that is told nothing loses nothing when its first bytes go with
    // CONNECT; an old peer need not expect them so early.
    const sendsEarly = session.takesEarlyBytes &&
      (optimistic || (this.#reply === "silent" && session.v1));
    if (told && bytes.length > 0) speaksFirst.appSpoke(target, false);
    const splice = new Splice({
      ...(told && bytes.length === 0
        ? { spoke: (first) => this.#spoke(first) }
        : {}),
      opened: () => this.#opened(),
      refused: (error) => this.#refused(error),
      finished: () => this.#finish(),
    });
    try {
      const first = bytes.subarray(0, sendsEarly ? MAX_FIRST_BYTES : 0);
      // What does not go with CONNECT waits for the target.
      const rest = bytes.slice(first.length);
      if (rest.length > 0) splice.unread(rest);
      splice.setChannel(session.open(target, splice, { first }), first.length);
    } catch (error) {
      this.#fail(error);
      return this.#finish();
    }
    this.#splice = splice;
    this.#state = "opening";
    this.#wait(RESPONSES, () => this.#noAnswer());
    // More bytes of the app are read, and sent, before the target was reached.
    if (told && sendsEarly) this.#join();
  }

  // --- the channel ---

  #spoke(first: "conn" | "peer"): void {
    const { speaksFirst } = this.#options;
    const { target } = this.#request;
    if (first === "conn") speaksFirst.appSpoke(target, true);
    else speaksFirst.targetSpoke(target);
  }

  #opened(): void {
    this.#cancelWait();
    if (this.#reply !== "at once") this.#request.succeed();
    if (this.#state === "opening") this.#join();
  }

  #join(): void {
    this.#state = "joined";
    this.#splice!.attach(this.#request.conn);
  }

  /** Tells whether the conn has been dealt with. */
  #refused(error: TunnelError): boolean {
    this.#fail(error);
    return this.#state !== "joined";
  }

  #noAnswer(): void {
    const { target } = this.#request;
    const late = new TunnelError("timeout", "the peer did not answer");
    this.#options.logger.debug("No answer to a request", {
      target: formatTarget(target),
    });
    this.#fail(late, "noAnswer");
    this.#splice!.abort(late.message);
  }

  /** Tells the app why not, if that is still possible. */
  #fail(error: unknown, failure: Failure = errorCode(error)): void {
    const { conn, target } = this.#request;
    if (this.#reply !== "at once") return this.#request.fail(failure);
    const { observer, logger } = this.#options;
    observer({ type: "lateFailure", code: errorCode(error) });
    logger.debug(`App was told "connected", but the target failed`, {
      target: formatTarget(target),
      error: errorText(error),
    });
    // If it is joined, the splice does so.
    if (this.#state !== "joined") conn.reset();
  }

  #wait(waits: Deadlines, task: () => void): void {
    const deadline: Deadline = waits.add(task);
    this.#cancelWait = () => waits.cancel(deadline);
  }

  #finish(): void {
    if (this.#state === "over") return;
    this.#state = "over";
    this.#cancelWait();
    this.#finished();
  }
}

import { formatTarget, type Target } from "../base/address.ts";
import { RecentMap } from "../base/recent_map.ts";

/**
 * Ports at which the server speaks first: waiting for an app's first bytes there
 * would be in vain. FTP, SSH, Telnet, SMTP, time, POP3, NNTP, IMAP, submission,
 * MySQL, IRC, VNC and ManageSieve, by the IANA registry.
 */
const PORTS: ReadonlySet<number> = new Set([
  21,
  22,
  23,
  25,
  37,
  110,
  119,
  143,
  587,
  2222,
  3306,
  4190,
  5900,
  6667,
]);

/** More targets are not remembered, unless told otherwise. */
export const SPEAKERS_CAPACITY = 1024;

/**
 * Knows targets that speak before their app does, by their port or because they
 * have done so: it is of no use to wait for the first bytes of such an app.
 */
export class SpeaksFirst {
  /** Told when `records` has changed. */
  onChange: (() => void) | undefined;
  readonly #targets: RecentMap<true>;

  /** Knows the usual ports. */
  constructor(capacity: number = SPEAKERS_CAPACITY) {
    this.#targets = new RecentMap(capacity);
  }

  /** Whether this target is expected to speak first. */
  has(target: Target): boolean {
    return PORTS.has(target.port) ||
      this.#targets.get(formatTarget(target)) === true;
  }

  /** This target has spoken before its app. */
  targetSpoke(target: Target): void {
    if (this.has(target)) return;
    this.#targets.set(formatTarget(target), true);
    this.onChange?.();
  }

  /** The app has spoken before this target. */
  appSpoke(target: Target): void {
    if (this.#targets.delete(formatTarget(target))) this.onChange?.();
  }

  /** What is worth to be kept: `host:port`, what was used last at the end. */
  get records(): readonly string[] {
    return [...this.#targets.entries()].map(([target]) => target);
  }

  /** Remembers what was kept. */
  restore(records: readonly string[]): void {
    for (const target of records) this.#targets.set(target, true);
  }
}

import { formatTarget, type Target } from "../base/address.ts";
import { RecentMap } from "../base/recent_map.ts";

/**
 * Ports at which the server speaks first: waiting for an app's first bytes there
 * would be in vain. FTP, SSH, Telnet, SMTP, time, POP3, NNTP, IMAP, submission,
 * MySQL, IRC, VNC and ManageSieve, by the IANA registry.
 */
const TARGET_FIRST: ReadonlySet<number> = new Set(
  [21, 22, 23, 25, 37, 110, 119, 143, 587, 2222, 3306, 4190, 5900, 6667],
);
/**
 * Ports at which the app speaks first: HTTP, and what is inside TLS from the
 * beginning, by the IANA registry or by custom.
 */
const APP_FIRST: ReadonlySet<number> = new Set(
  [80, 443, 465, 563, 636, 853, 989, 990, 993, 995, 5061, 6697, 8080, 8443],
);

/** Who says something first on a conn to a target. */
export type Speaker = "app" | "target";

/** More targets are not remembered, unless told otherwise. */
export const SPEAKERS_CAPACITY = 1024;

/**
 * Knows who speaks first at a target, by its port or because it was so before: if
 * it is the target, it is of no use to wait for the first bytes of its app, and if
 * it is the app, it is worth to wait longer.
 */
export class SpeaksFirst {
  /** Told when `records` has changed. */
  onChange: (() => void) | undefined;
  readonly #targets: RecentMap<true>;
  /** Those where the app did, but not at once. */
  readonly #apps: RecentMap<true>;

  /** Knows the usual ports. */
  constructor(capacity: number = SPEAKERS_CAPACITY) {
    this.#targets = new RecentMap(capacity);
    this.#apps = new RecentMap(capacity);
  }

  /** Who is expected to; `undefined` if that is not known. */
  expected(target: Target): Speaker | undefined {
    const name = formatTarget(target);
    if (this.#targets.get(name)) return "target";
    if (APP_FIRST.has(target.port) || this.#apps.get(name)) return "app";
    return TARGET_FIRST.has(target.port) ? "target" : undefined;
  }

  /** This target has spoken before its app. */
  targetSpoke(target: Target): void {
    if (this.expected(target) === "target") return;
    const name = formatTarget(target);
    this.#apps.delete(name);
    this.#targets.set(name, true);
    this.onChange?.();
  }

  /**
   * The app has spoken before this target.
   *
   * @param late Later than it was waited for
   */
  appSpoke(target: Target, late: boolean): void {
    const name = formatTarget(target);
    if (this.#targets.delete(name)) this.onChange?.();
    if (late && this.expected(target) === undefined) this.#apps.set(name, true);
  }

  /** Targets that are worth to be kept: `host:port`, what was used last at the end. */
  get records(): readonly string[] {
    return [...this.#targets.entries()].map(([target]) => target);
  }

  /** Remembers what was kept. */
  restore(records: readonly string[]): void {
    for (const target of records) this.#targets.set(target, true);
  }
}

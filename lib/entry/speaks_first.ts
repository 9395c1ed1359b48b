import { formatTarget, type Target } from "../base/address.ts";
import { RecentMap } from "../base/recent_map.ts";

/**
 * Ports at which the server speaks first: no use waiting for an app's first
 * bytes there. FTP, SSH, Telnet, SMTP, time, POP3, NNTP, IMAP, submission,
 * MySQL, IRC, VNC and ManageSieve, by the IANA registry.
 */
const TARGET_FIRST: ReadonlySet<number> = new Set(
  [21, 22, 23, 25, 37, 110, 119, 143, 587, 2222, 3306, 4190, 5900, 6667],
);
/**
 * Ports at which the app speaks first: HTTP, and protocols inside TLS, by the
 * IANA registry or by convention.
 */
const APP_FIRST: ReadonlySet<number> = new Set(
  [80, 443, 465, 563, 636, 853, 989, 990, 993, 995, 5061, 6697, 8080, 8443],
);

/** Who sends the first byte on a conn to a target. */
export type Speaker = "app" | "target";

/** Default number of targets to remember. */
export const SPEAKERS_CAPACITY = 1024;

/**
 * Knows who speaks first at a target, by its port or from experience. If it is
 * the target, waiting for the app's first bytes is pointless; if it is the app,
 * waiting longer pays off.
 */
export class SpeaksFirst {
  /** Called when `records` changes. */
  onChange: (() => void) | undefined;
  readonly #targets: RecentMap<true>;
  /** Targets where the app spoke first, but not at once. */
  readonly #apps: RecentMap<true>;

  /** Knows the usual ports. */
  constructor(capacity: number = SPEAKERS_CAPACITY) {
    this.#targets = new RecentMap(capacity);
    this.#apps = new RecentMap(capacity);
  }

  /** Who is expected to speak first; `undefined` if unknown. */
  expected(target: Target): Speaker | undefined {
    const name = formatTarget(target);
    if (this.#targets.get(name)) return "target";
    if (APP_FIRST.has(target.port) || this.#apps.get(name)) return "app";
    return TARGET_FIRST.has(target.port) ? "target" : undefined;
  }

  /** Records that the target spoke before its app. */
  targetSpoke(target: Target): void {
    if (this.expected(target) === "target") return;
    const name = formatTarget(target);
    this.#apps.delete(name);
    this.#targets.set(name, true);
    this.onChange?.();
  }

  /**
   * Records that the app spoke before the target.
   *
   * @param late After the wait for it was over
   */
  appSpoke(target: Target, late: boolean): void {
    const name = formatTarget(target);
    if (this.#targets.delete(name)) this.onChange?.();
    if (late && this.expected(target) === undefined) this.#apps.set(name, true);
  }

  /** Targets worth storing: `host:port`, most recently used last. */
  get records(): readonly string[] {
    return [...this.#targets.entries()].map(([target]) => target);
  }

  /** Restores stored records. */
  restore(records: readonly string[]): void {
    for (const target of records) this.#targets.set(target, true);
  }
}

import type { Target } from "../base/address.ts";

/** How a check came out. */
export type CheckStatus = "pass" | "warn" | "fail" | "skip";

/** What a check is about. */
export type CheckGroup = "system" | "loopback" | "server" | "target";

/** Values that a program may want beside the text. */
export type Facts = Readonly<
  Record<string, string | number | boolean | null | readonly string[]>
>;

/** What a check found. */
export interface Finding {
  /** `fail`: Fast Open does not work because of this. `warn`: less well. */
  readonly status: CheckStatus;
  /** One or two sentences for people. */
  readonly detail: string;
  /** What would change it: a command where there is one. */
  readonly fix?: string;
  /** Kernel settings that would change it, by name; what `--fix` writes. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What was measured. */
  readonly facts?: Facts;
}

/** One question to the machine or the network. */
export interface Check {
  /** Stable, in kebab-case. */
  readonly id: string;
  /** What it is about, for people. */
  readonly title: string;
  /** Which part of the report it belongs to. */
  readonly group: CheckGroup;
  /** Whom it dials: when there is no conn, the report says where to look. */
  readonly peer?: Target;
  /** Finds out. What it throws counts as a failure. */
  run(signal: AbortSignal): Promise<Finding> | Finding;
}

/** A check with what it found. */
export interface CheckResult extends Finding {
  /** As `Check.id`. */
  readonly id: string;
  /** As `Check.title`. */
  readonly title: string;
  /** As `Check.group`. */
  readonly group: CheckGroup;
}

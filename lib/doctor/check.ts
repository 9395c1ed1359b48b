import type { Target } from "../base/address.ts";

/** How a check came out. */
export type CheckStatus = "pass" | "warn" | "fail" | "skip";

/** What a check is about. */
export type CheckGroup = "system" | "loopback" | "server" | "target";

/** Values for programs. */
export type Facts = Readonly<
  Record<string, string | number | boolean | null | readonly string[]>
>;

/** What a check found. */
export interface Finding {
  /** `fail`: Fast Open does not work because of this. `warn`: less well. */
  readonly status: CheckStatus;
  /** One or two sentences for people. */
  readonly detail: string;
  /** How to change it: a command if there is one. */
  readonly fix?: string;
  /** Kernel settings that would change it, by name; what `--fix` writes. */
  readonly settings?: Readonly<Record<string, string>>;
  /** What was measured. */
  readonly facts?: Facts;
}

/** One check of the machine or the network. */
export interface Check {
  /** Stable, in kebab-case. */
  readonly id: string;
  /** What it is about, for people. */
  readonly title: string;
  /** Which part of the report it belongs to. */
  readonly group: CheckGroup;
  /** The address that it dials: if that fails, the report tells where to look. */
  readonly peer?: Target;
  /** Runs the check. An exception counts as a failure. */
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

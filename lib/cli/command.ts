import type { Environment } from "../base/environment.ts";
import { systemEnvironment } from "./environment.ts";
import type { FlagTable, FlagValues, IdleFlags } from "./flags.ts";
import { type Output, systemOutput } from "./output.ts";
import { isPortFree } from "./port_probe.ts";
import { ROLE_STARTERS, type RoleStarters } from "./role_starters.ts";
import type { IgnoredVariable } from "./resolve_flags.ts";
import { type SignalSource, systemSignals } from "./signals.ts";

/** All that a command touches of the world around it. */
export interface CommandContext {
  /** Where it writes. */
  readonly output: Output;
  /** Where variables are looked up. */
  readonly environment: Environment;
  /** Where signals come from. */
  readonly signals: SignalSource;
  /** What starts the roles. */
  readonly roles: RoleStarters;
  /** Tells if a port of the loopback address can be listened on. */
  readonly isPortFree: (port: number) => boolean;
  /** Variables that change nothing, to be said in the log. @default none */
  readonly ignored?: readonly IgnoredVariable[];
}

/** One command of the command line. */
export interface Command<T extends FlagTable = FlagTable> {
  /** The word that the user types. */
  readonly name: string;
  /** One line for the list of commands. */
  readonly summary: string;
  /** The text on top of its help. */
  readonly description: string;
  /** Its flags. */
  readonly flags: T;
  /** Keys of flags that its help leaves out: it knows them only to refuse them. */
  readonly hidden?: readonly string[];
  /** Which flags change nothing beside the others. */
  idle?(values: FlagValues<T>): IdleFlags;
  /** Does the work and returns the exit code. */
  run(values: FlagValues<T>, context: CommandContext): Promise<number>;
}

/** The context of a real process. */
export function systemContext(): CommandContext {
  return {
    // https://no-color.org: any value that is not empty.
    output: systemOutput(!systemEnvironment("NO_COLOR")),
    environment: systemEnvironment,
    signals: systemSignals(),
    roles: ROLE_STARTERS,
    isPortFree,
  };
}

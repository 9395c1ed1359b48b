/** What flags of every kind say of themselves. */
export interface FlagText {
  /** The long name, without dashes. */
  readonly name: string;
  /** The letter of the short form. */
  readonly short?: string;
  /** The environment variable, without `SYNSOCKS_` or `LINKSOCKS_`. */
  readonly env?: string;
  /**
   * The role's options that it sets, as the role's errors name them.
   *
   * @default the flag's key in its table
   */
  readonly sets?: readonly string[];
  /** What it does, for the help. */
  readonly help: string;
  /** What the help shows for the value, such as `PORT`. */
  readonly value?: string;
  /**
   * Why this version does not support it yet. Such a flag is refused, unless
   * its value is the default or one of `harmless`.
   */
  readonly unavailable?: string;
  /** Values beside the default that are accepted though the flag is unavailable. */
  readonly harmless?: ReadonlyArray<string | number>;
}

/** A flag with any text. */
export interface TextFlag extends FlagText {
  /** Takes a text. */
  readonly kind: "text";
  /** The value without the flag. */
  readonly default: string;
  /** The text must not be blank. */
  readonly required?: true;
}

/** A flag with one of some words. */
export interface ChoiceFlag extends FlagText {
  /** Takes one of `choices`. */
  readonly kind: "choice";
  /** The words. */
  readonly choices: readonly string[];
  /** The value without the flag. */
  readonly default: string;
}

/** A flag with a whole number. */
export interface IntegerFlag extends FlagText {
  /** Takes a whole number. */
  readonly kind: "integer";
  /** The lowest value. */
  readonly min: number;
  /** The highest value. */
  readonly max: number;
  /** The value without the flag. */
  readonly default: number;
}

/** A flag that is there or not. */
export interface SwitchFlag extends FlagText {
  /** Takes no value, or a boolean behind an equals sign. */
  readonly kind: "switch";
}

/** A flag that is repeated to ask for more. */
export interface CountFlag extends FlagText {
  /** Takes no value. */
  readonly kind: "count";
}

/** A flag that is repeated with a text each time. */
export interface ListFlag extends FlagText {
  /** Takes a text. */
  readonly kind: "list";
  /** The value if nobody says anything. @default none */
  readonly default?: readonly string[];
}

/** One flag of a command. */
export type Flag =
  | TextFlag
  | ChoiceFlag
  | IntegerFlag
  | SwitchFlag
  | CountFlag
  | ListFlag;

/** The flags of a command, by the name that the code gives to their values. */
export type FlagTable = Readonly<Record<string, Flag>>;

/** The value of a flag. */
export type FlagValue<F extends Flag> = F extends
  { kind: "choice"; choices: ReadonlyArray<infer Choice> } ? Choice
  : F extends { kind: "text" } ? string
  : F extends { kind: "integer" | "count" } ? number
  : F extends { kind: "switch" } ? boolean
  : readonly string[];

/** The values of all flags of a command. */
export type FlagValues<T extends FlagTable> = {
  readonly [Key in keyof T]: FlagValue<T[Key]>;
};

/** Why some flags change nothing beside the others, by key of the table. */
export type IdleFlags = Readonly<Record<string, string>>;

/** The same reason for several flags. */
export function idleFor(keys: readonly string[], reason: string): IdleFlags {
  return Object.fromEntries(keys.map((key) => [key, reason]));
}

import { ConfigError } from "./errors.ts";

/** The longest time that a timer of the runtime can wait: 2^31 - 1 ms. */
export const MAX_TIMER_MS = 0x7fffffff;

/** A whole number from `min` to `max`. Throws `ConfigError` with the property. */
export function checkInteger(
  property: string,
  value: number,
  min: number,
  max: number,
): number {
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw wrong(property, `an integer from ${min} to ${max}`, value);
}

/** A port; 0 where a free one is taken. Throws `ConfigError` with the property. */
export function checkPort(property: string, value: number, min = 0): number {
  return checkInteger(property, value, min, 65_535);
}

/** Milliseconds that a timer can wait. Throws `ConfigError` with the property. */
export function checkTimeMs(property: string, value: number, min = 0): number {
  if (value >= min && value <= MAX_TIMER_MS) return value;
  throw wrong(property, `milliseconds from ${min} to ${MAX_TIMER_MS}`, value);
}

/** One of some words. Throws `ConfigError` with the property. */
export function checkChoice<T extends string>(
  property: string,
  value: T,
  choices: readonly T[],
): T {
  if (choices.includes(value)) return value;
  throw wrong(property, `one of ${choices.join(", ")}`, value);
}

/** A text that is not empty. Throws `ConfigError` with the property. */
export function checkText(property: string, value: string): string {
  if (typeof value === "string" && value !== "") return value;
  throw new ConfigError(property, "must not be empty");
}

/** The error for a value that is not what it must be. */
export function wrong(
  property: string,
  rule: string,
  value: unknown,
): ConfigError {
  const text = typeof value === "string" ? JSON.stringify(value) : `${value}`;
  return new ConfigError(property, `must be ${rule} but got ${text}`);
}

import { errorText } from "../base/errors.ts";
import type { LogFields } from "../base/logger.ts";
import { redact, redactField } from "./redact.ts";

/** A field's value in the forms that both formats can print. */
export type PlainValue = string | number | boolean | null;

/**
 * Makes fields printable and removes secrets. Never throws: logging must not
 * stop the work that it reports.
 *
 * @param fields Values of any kind.
 * @returns The same names with plain values; undefined ones are left out.
 */
export function plainFields(fields: LogFields): Array<[string, PlainValue]> {
  return Object.entries(fields)
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => [name, plainValue(name, value)]);
}

function plainValue(name: string, value: unknown): PlainValue {
  if (value === null || typeof value === "boolean") return value;
  if (typeof value === "number") {
    return Number.isFinite(value) ? value : String(value);
  }
  if (typeof value === "string") return redactField(name, value);
  if (value instanceof Error) return redact(errorText(value));
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return redactField(name, describe(value));
}

function describe(value: unknown): string {
  try {
    const json = typeof value === "object" ? JSON.stringify(value) : undefined;
    return json ?? String(value);
  } catch {
    return Object.prototype.toString.call(value);
  }
}

/** The part of JSON Schema that our schemas use. */
export interface Schema {
  $ref?: string;
  $defs?: Record<string, Schema>;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  pattern?: string;
  minLength?: number;
  minimum?: number;
  minItems?: number;
  items?: Schema;
  required?: string[];
  properties?: Record<string, Schema>;
  additionalProperties?: boolean | Schema;
}

/** Words that say nothing about what is valid. */
const ANNOTATIONS = ["$schema", "$defs", "title", "description"];
const KNOWN = [
  ...ANNOTATIONS,
  ...["$ref", "type", "const", "enum", "pattern", "minLength", "minimum"],
  ...["minItems", "items", "required", "properties", "additionalProperties"],
];

function typeOf(value: unknown): string {
  if (value === null) return "null";
  return Array.isArray(value) ? "array" : typeof value;
}

function isType(value: unknown, type: string): boolean {
  return type === "integer" ? Number.isInteger(value) : typeOf(value) === type;
}

/** What is wrong with `value`, one line for each fault. */
export function faultsOf(
  value: unknown,
  schema: Schema,
  root: Schema = schema,
  at = "$",
): string[] {
  const unknown = Object.keys(schema).filter((word) => !KNOWN.includes(word));
  if (unknown.length > 0) throw new Error(`schema uses ${unknown}`);
  if (schema.$ref !== undefined) {
    const target = root.$defs?.[schema.$ref.replace("#/$defs/", "")];
    if (!target) throw new Error(`schema has no ${schema.$ref}`);
    return faultsOf(value, target, root, at);
  }
  const faults: string[] = [];
  const { type, minLength = 0, minimum = -Infinity, minItems = 0 } = schema;
  if (type && ![type].flat().some((one) => isType(value, one))) {
    return [`${at} is no ${type}`];
  }
  if ("const" in schema && value !== schema.const) faults.push(`${at} differs`);
  if (schema.enum && !schema.enum.includes(value)) {
    faults.push(`${at} is none of ${schema.enum}`);
  }
  if (typeof value === "string") {
    if (value.length < minLength) faults.push(`${at} is too short`);
    if (schema.pattern && !new RegExp(schema.pattern).test(value)) {
      faults.push(`${at} does not match`);
    }
  }
  if (typeof value === "number" && value < minimum) {
    faults.push(`${at} is too small`);
  }
  if (Array.isArray(value)) {
    if (value.length < minItems) faults.push(`${at} has too few`);
    const { items } = schema;
    if (items) {
      value.forEach((one, i) =>
        faults.push(...faultsOf(one, items, root, `${at}[${i}]`))
      );
    }
  } else if (typeof value === "object" && value !== null) {
    faults.push(...propertyFaults(value, schema, root, at));
  }
  return faults;
}

function propertyFaults(
  value: object,
  { required = [], properties = {}, additionalProperties = true }: Schema,
  root: Schema,
  at: string,
): string[] {
  const faults = required.filter((name) => !Object.hasOwn(value, name))
    .map((name) => `${at}.${name} is missing`);
  for (const [name, one] of Object.entries(value)) {
    const schema = properties[name] ?? additionalProperties;
    if (schema === false) faults.push(`${at}.${name} is not known`);
    else if (schema !== true) {
      faults.push(...faultsOf(one, schema, root, `${at}.${name}`));
    }
  }
  return faults;
}

/** The schema of `doctor --json`. */
export function reportSchema(): Schema {
  const url = new URL("../../lib/doctor/report.schema.json", import.meta.url);
  return JSON.parse(Deno.readTextFileSync(url));
}

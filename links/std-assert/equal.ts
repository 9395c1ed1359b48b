/** Pairs under comparison: a pair met again inside of itself counts as equal. */
type Seen = Map<object, Set<object>>;

/**
 * Tells if two values are the same in depth.
 *
 * `NaN` equals itself, `0` equals `-0`, a key with the value `undefined` is not an
 * absent key, sets and maps have no order, errors have their stacks compared.
 */
export function equal(a: unknown, b: unknown): boolean {
  return compare(a, b, new Map());
}

function compare(a: unknown, b: unknown, seen: Seen): boolean {
  if (sameValueZero(a, b)) return true;
  if (typeof a !== "object" || typeof b !== "object") return false;
  if (a === null || b === null) return false;
  if (seen.get(a)?.has(b)) return true;
  if (!haveSameKind(a, b)) return false;
  seen.set(a, (seen.get(a) ?? new Set()).add(b));
  return compareObjects(a, b, seen);
}

function sameValueZero(a: unknown, b: unknown): boolean {
  return a === b || Object.is(a, b);
}

function compareObjects(a: object, b: object, seen: Seen): boolean {
  if (a instanceof WeakMap || a instanceof WeakSet) {
    throw new TypeError("Cannot compare WeakMap or WeakSet instances");
  }
  if (a instanceof Date) {
    return Object.is(a.getTime(), (b as Date).getTime());
  }
  if (a instanceof RegExp || a instanceof URL) return String(a) === String(b);
  if (ArrayBuffer.isView(a)) return compareBytes(a, b as ArrayBufferView);
  if (a instanceof ArrayBuffer) {
    return compareBytes(
      new Uint8Array(a),
      new Uint8Array(b as ArrayBuffer),
    );
  }
  if (a instanceof Set) return compareSets(a, b as Set<unknown>, seen);
  if (a instanceof Map) {
    return compareMaps(a, b as Map<unknown, unknown>, seen);
  }
  if (a instanceof Error) {
    const other = b as Error;
    if (a.name !== other.name || a.message !== other.message) return false;
    if (a.stack !== other.stack) return false;
  }
  return compareKeys(a, b, seen);
}

/** An object without a prototype counts as a plain one. */
function haveSameKind(a: object, b: object): boolean {
  const kindOf = (value: object) => value.constructor ?? Object;
  return kindOf(a) === kindOf(b);
}

function compareBytes(a: ArrayBufferView, b: ArrayBufferView): boolean {
  if (a.byteLength !== b.byteLength) return false;
  if (a instanceof Float32Array || a instanceof Float64Array) {
    const other = b as typeof a;
    return a.every((value, at) => sameValueZero(value, other[at]));
  }
  const left = new Uint8Array(a.buffer, a.byteOffset, a.byteLength);
  const right = new Uint8Array(b.buffer, b.byteOffset, b.byteLength);
  return left.every((value, at) => value === right[at]);
}

function compareSets(
  a: Set<unknown>,
  b: Set<unknown>,
  seen: Seen,
): boolean {
  if (a.size !== b.size) return false;
  return matchAll([...a], [...b], (x, y) => compare(x, y, seen));
}

function compareMaps(
  a: Map<unknown, unknown>,
  b: Map<unknown, unknown>,
  seen: Seen,
): boolean {
  if (a.size !== b.size) return false;
  return matchAll(
    [...a],
    [...b],
    (x, y) => compare(x[0], y[0], seen) && compare(x[1], y[1], seen),
  );
}

/** Finds for each of `a` a partner in `b` that nobody else has. */
function matchAll<T>(
  a: readonly T[],
  b: T[],
  same: (x: T, y: T) => boolean,
): boolean {
  const left = [...b];
  return a.every((x) => {
    const at = left.findIndex((y) => same(x, y));
    if (at === -1) return false;
    left.splice(at, 1);
    return true;
  });
}

function compareKeys(a: object, b: object, seen: Seen): boolean {
  if (Array.isArray(a) && a.length !== (b as unknown[]).length) return false;
  const keys = keysOf(a);
  if (keys.length !== keysOf(b).length) return false;
  return keys.every((key) =>
    Object.hasOwn(b, key) &&
    compare(Reflect.get(a, key), Reflect.get(b, key), seen)
  );
}

function keysOf(value: object): PropertyKey[] {
  const symbols = Object.getOwnPropertySymbols(value)
    .filter((key) => Object.prototype.propertyIsEnumerable.call(value, key));
  return [...Object.keys(value), ...symbols];
}

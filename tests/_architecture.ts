/*
 * The rules of the layers, for a list of imports.
 */

/** One file imports another, or starts it as a worker; paths from the top level. */
export interface Import {
  from: string;
  to: string;
}

/** Highest first: a file imports from its own folder or from a lower line. */
const LAYERS = [
  [""],
  ["lib/cli/"],
  ["lib/client/", "lib/server/"],
  ["lib/admin/", "lib/state/"],
  ["lib/doctor/", "lib/entry/", "lib/exit/", "lib/tokens/"],
  ["lib/transport/", "lib/join/"],
  ["lib/session/", "lib/dial/", "lib/inbound/"],
  ["lib/net/", "lib/wire/"],
  ["lib/base/", "ffi/"],
];

/** The room that a file belongs to, `""` for the top level. */
function roomOf(path: string): string {
  return path.match(/^(lib\/[^/]+\/|ffi\/)/)?.[0] ?? "";
}

/** Its line among the layers; -1 for a file outside of the tree. */
function layerOf(path: string): number {
  const room = roomOf(path);
  if (room === "" && path.includes("/")) return -1;
  return LAYERS.findIndex((layer) => layer.includes(room));
}

function folderOf(path: string): string {
  return path.slice(0, path.lastIndexOf("/") + 1);
}

/** What is wrong with one import; nothing if it may be. */
function wrongOf({ from, to }: Import): string | undefined {
  if (layerOf(from) < 0 || layerOf(to) < 0) return "is in no layer";
  if (roomOf(to) === "") return "imports an entry file";
  if (/(^|\/)_[^/]+$/.test(to) && folderOf(from) !== folderOf(to)) {
    return "imports a private file of another folder";
  }
  if (roomOf(from) === roomOf(to)) return undefined;
  if (layerOf(from) >= layerOf(to)) return "does not go down the layers";
  if (roomOf(to) !== "ffi/") return undefined;
  return /^lib\/(net|doctor)\//.test(from) && to === "ffi/mod.ts"
    ? undefined
    : "may not import this of ffi";
}

/**
 * What breaks the rules: imports that do not go down, and circles of files or of
 * rooms.
 *
 * @returns one line for each, sorted
 */
export function violations(imports: readonly Import[]): string[] {
  const wrong = imports.flatMap((one) => {
    const reason = wrongOf(one);
    return reason === undefined ? [] : [`${one.from} -> ${one.to} ${reason}`];
  });
  const rooms = imports
    .map(({ from, to }) => ({ from: roomOf(from), to: roomOf(to) }))
    .filter(({ from, to }) => from !== to);
  const circles = [
    ...circlesOf(imports).map((files) => `circle of files: ${files.join(" ")}`),
    ...circlesOf(rooms).map((names) => `circle of rooms: ${names.join(" ")}`),
  ];
  return [...new Set([...wrong, ...circles])].sort();
}

/** The largest groups in which everybody imports everybody, at last. */
function circlesOf(imports: readonly Import[]): string[][] {
  const next = new Map<string, Set<string>>();
  for (const { from, to } of imports) {
    next.set(from, (next.get(from) ?? new Set()).add(to));
  }
  const reach = new Map(
    [...next.keys()].map((path) => [path, reachedFrom(path, next)]),
  );
  const circles = new Map<string, string[]>();
  for (const [path, reached] of reach) {
    if (!reached.has(path)) continue;
    const group = [...reached].filter((one) => reach.get(one)?.has(path));
    circles.set(group.sort().join(" "), group);
  }
  return [...circles.values()];
}

function reachedFrom(
  path: string,
  next: ReadonlyMap<string, ReadonlySet<string>>,
): Set<string> {
  const reached = new Set<string>();
  const waiting = [path];
  for (let one = waiting.pop(); one !== undefined; one = waiting.pop()) {
    for (const to of next.get(one) ?? []) {
      if (reached.has(to)) continue;
      reached.add(to);
      waiting.push(to);
    }
  }
  return reached;
}

import { assertEquals } from "@std/assert";

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
const ROOT = new URL("../", import.meta.url);

interface GraphModule {
  specifier: string;
  dependencies?: {
    code?: { specifier?: string };
    type?: { specifier?: string };
  }[];
}

/** All modules that one file leads to, as `deno info` sees them. */
async function moduleGraph(entry: string): Promise<GraphModule[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
  }).output();
  assertEquals(success, true);
  return JSON.parse(new TextDecoder().decode(stdout)).modules;
}

/** All imports between files of this project, as paths. */
async function loadImports(): Promise<[from: string, to: string][]> {
  const imports = new Map<string, [string, string]>();
  for (const entry of ["mod.ts", "cli.ts", "server.ts", "client.ts"]) {
    for (const { specifier, dependencies } of await moduleGraph(entry)) {
      for (const { code, type } of dependencies ?? []) {
        const to = (code ?? type)?.specifier;
        if (!to?.startsWith(ROOT.href)) continue;
        if (!specifier.startsWith(ROOT.href)) continue;
        const pair: [string, string] = [
          specifier.slice(ROOT.href.length),
          to.slice(ROOT.href.length),
        ];
        if (pair.some((path) => /^links\/|\.json$/.test(path))) continue;
        imports.set(pair.join(" "), pair);
      }
    }
  }
  return [...imports.values()];
}

/** The folder that a file belongs to, `""` for the top level. */
function folderOf(path: string): string {
  return path.match(/^(lib\/[^/]+\/|ffi\/)/)?.[0] ?? "";
}

/** Its line among the layers; -1 for a file outside of the tree. */
function layerOf(path: string): number {
  const folder = folderOf(path);
  if (folder === "" && path.includes("/")) return -1;
  return LAYERS.findIndex((layer) => layer.includes(folder));
}

async function* sourceFiles(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sourceFiles(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

const IMPORTS = await loadImports();

function described(pairs: [string, string][]): string[] {
  return pairs.map(([from, to]) => `${from} -> ${to}`).sort();
}

Deno.test("imports only go down the layers", () => {
  const unknown = IMPORTS.flat().filter((path) => layerOf(path) < 0);
  assertEquals(unknown, []);
  const wrong = IMPORTS.filter(([from, to]) =>
    folderOf(from) !== folderOf(to) && layerOf(from) >= layerOf(to)
  );
  assertEquals(described(wrong), []);
});

Deno.test("entry files are imported by nobody", () => {
  const wrong = IMPORTS.filter(([, to]) => !to.includes("/"));
  assertEquals(described(wrong), []);
});

Deno.test("the library's module graph holds nothing of the command line", async () => {
  const paths = (await moduleGraph("mod.ts")).map(({ specifier }) =>
    specifier.replace(ROOT.href, "")
  );
  const wrong = paths.filter((path) => /^lib\/cli\/|^cli\.ts$/.test(path));
  assertEquals(wrong, []);
});

Deno.test("only lib/net and lib/doctor import ffi, and only its mod.ts", () => {
  const wrong = IMPORTS.filter(([from, to]) =>
    to.startsWith("ffi/") && !from.startsWith("ffi/") &&
    !(/^lib\/(net|doctor)\//.test(from) && to === "ffi/mod.ts")
  );
  assertEquals(described(wrong), []);
});

Deno.test("ffi imports nothing of lib", () => {
  const wrong = IMPORTS.filter(([from, to]) =>
    from.startsWith("ffi/") && !to.startsWith("ffi/")
  );
  assertEquals(described(wrong), []);
});

Deno.test("files with an underscore stay in their folder", () => {
  const folder = (path: string) => path.slice(0, path.lastIndexOf("/") + 1);
  const wrong = IMPORTS.filter(([from, to]) =>
    /(^|\/)_[^/]+$/.test(to) && folder(from) !== folder(to)
  );
  assertEquals(described(wrong), []);
});

Deno.test("Deno.dlopen occurs only in ffi", async () => {
  const wrong: string[] = [];
  for await (const file of sourceFiles(new URL("lib/", ROOT))) {
    const text = await Deno.readTextFile(file);
    if (/\bdlopen\b/.test(text)) wrong.push(file.href.slice(ROOT.href.length));
  }
  assertEquals(wrong, []);
});

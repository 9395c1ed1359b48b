import { assertEquals } from "@std/assert";

/** Highest first: a file imports from its own place or one further down. */
const PLACES = [
  "",
  "lib/cli/",
  "lib/admin/",
  "lib/doctor/",
  "lib/roles/",
  "lib/inbound/",
  "lib/tunnel/",
  "lib/dial/",
  "lib/wire/",
  "lib/net/",
  "lib/base/",
  "ffi/",
];
const ROOT = new URL("../", import.meta.url);

interface GraphModule {
  specifier: string;
  dependencies?: {
    code?: { specifier?: string };
    type?: { specifier?: string };
  }[];
}

/** All imports between files of this project, as paths. */
async function loadImports(): Promise<[from: string, to: string][]> {
  const imports = new Map<string, [string, string]>();
  for (const entry of ["mod.ts", "server.ts", "client.ts"]) {
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: ["info", "--json", entry],
      cwd: ROOT,
    }).output();
    assertEquals(success, true);
    const { modules } = JSON.parse(new TextDecoder().decode(stdout));
    for (const { specifier, dependencies } of modules as GraphModule[]) {
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

function layerOf(path: string): number {
  const layer = PLACES.findLastIndex((place) => path.startsWith(place));
  return layer === 0 && path.includes("/") ? -1 : layer;
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
  const upward = IMPORTS.filter(([from, to]) => layerOf(from) > layerOf(to));
  assertEquals(described(upward), []);
});

Deno.test("entry files are imported by nobody", () => {
  const wrong = IMPORTS.filter(([, to]) => !to.includes("/"));
  assertEquals(described(wrong), []);
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

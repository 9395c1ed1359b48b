import { assertEquals } from "@std/assert";
import { type Import, violations } from "./_architecture.ts";

const ROOT = new URL("../", import.meta.url);
const ENTRIES = ["mod.ts", "cli.ts", "server.ts", "client.ts"];
/** The one form that `deno compile` understands, and this test. */
const WORKER = /\bnew Worker\(\s*new URL\(\s*"([^"]+)",\s*import\.meta\.url/g;
/** Files that the rules are for. */
const OURS = /^(lib\/|ffi\/|[^/]+$)/;
const ANY_WORKER = /\bnew Worker\(/g;

interface GraphModule {
  specifier: string;
  dependencies?: {
    /** As it is written in the import. */
    specifier: string;
    code?: { specifier?: string };
    type?: { specifier?: string };
  }[];
}

/** The path of a module of this project. */
function pathOf(specifier: string | undefined): string | undefined {
  return specifier?.startsWith(ROOT.href) && specifier.endsWith(".ts")
    ? specifier.slice(ROOT.href.length)
    : undefined;
}

/**
 * All imports by path of one program or worker, those of its imports included.
 * Packages are not followed, wherever they are kept.
 */
async function importsOf(entry: string): Promise<Import[]> {
  const { stdout, success } = await new Deno.Command(Deno.execPath(), {
    args: ["info", "--json", entry],
    cwd: ROOT,
  }).output();
  assertEquals(success, true);
  const { modules } = JSON.parse(new TextDecoder().decode(stdout));
  return (modules as GraphModule[]).flatMap((
    { specifier, dependencies = [] },
  ) => {
    const from = pathOf(specifier);
    if (from === undefined || !OURS.test(from)) return [];
    return dependencies.flatMap(({ specifier, code, type }) => {
      const to = pathOf((code ?? type)?.specifier);
      return to === undefined || !specifier.startsWith(".")
        ? []
        : [{ from, to }];
    });
  });
}

async function* sourceFiles(folder: URL): AsyncGenerator<URL> {
  for await (const { name, isDirectory } of Deno.readDir(folder)) {
    if (isDirectory) yield* sourceFiles(new URL(`${name}/`, folder));
    else if (name.endsWith(".ts")) yield new URL(name, folder);
  }
}

async function* sources(): AsyncGenerator<[path: string, text: string]> {
  for (const folder of ["lib/", "ffi/"]) {
    for await (const file of sourceFiles(new URL(folder, ROOT))) {
      yield [file.href.slice(ROOT.href.length), await Deno.readTextFile(file)];
    }
  }
}

/** Who starts which file as a worker. */
async function workers(): Promise<Import[]> {
  const found: Import[] = [];
  for await (const [from, text] of sources()) {
    for (const [, to] of text.matchAll(WORKER)) {
      const { href } = new URL(to!, new URL(from, ROOT));
      found.push({ from, to: href.slice(ROOT.href.length) });
    }
  }
  return found;
}

Deno.test("files import down the layers, workers included, and in no circle", async () => {
  const started = await workers();
  const entries = new Set([...ENTRIES, ...started.map(({ to }) => to)]);
  const imports = await Promise.all([...entries].map(importsOf));
  assertEquals(violations([...started, ...imports.flat()]), []);
});

Deno.test("workers are started with the URL of their file in place", async () => {
  for await (const [path, text] of sources()) {
    const count = [...text.matchAll(WORKER)].length;
    assertEquals([...text.matchAll(ANY_WORKER)].length, count, path);
  }
});

Deno.test("Deno.dlopen occurs only in ffi", async () => {
  const wrong: string[] = [];
  for await (const [path, text] of sources()) {
    if (!path.startsWith("ffi/") && /\bdlopen\b/.test(text)) wrong.push(path);
  }
  assertEquals(wrong, []);
});

/** `a -> b` for each line. */
function graph(...lines: string[]): Import[] {
  return lines.map((line) => {
    const [from = "", to = ""] = line.split(" -> ");
    return { from, to };
  });
}

for (
  const { name, imports, expected } of [
    {
      name: "lets a file import its room and what is below",
      imports: graph(
        "mod.ts -> lib/client/client.ts",
        "lib/client/client.ts -> lib/client/session_pool.ts",
        "lib/client/client.ts -> lib/transport/dial_tunnel.ts",
        "lib/net/conn.ts -> ffi/mod.ts",
      ),
      expected: [],
    },
    {
      name: "refuses a circle of two files in one room",
      imports: graph(
        "lib/net/a.ts -> lib/net/b.ts",
        "lib/net/b.ts -> lib/net/a.ts",
      ),
      expected: ["circle of files: lib/net/a.ts lib/net/b.ts"],
    },
    {
      name: "refuses a long circle, and names no others",
      imports: graph(
        "lib/net/start.ts -> lib/net/a.ts",
        "lib/net/a.ts -> lib/net/b.ts",
        "lib/net/b.ts -> lib/net/c.ts",
        "lib/net/c.ts -> lib/net/a.ts",
        "lib/net/c.ts -> lib/net/end.ts",
      ),
      expected: ["circle of files: lib/net/a.ts lib/net/b.ts lib/net/c.ts"],
    },
    {
      name: "refuses a file that imports itself",
      imports: graph("lib/net/a.ts -> lib/net/a.ts"),
      expected: ["circle of files: lib/net/a.ts"],
    },
    {
      name: "refuses a circle through a worker",
      imports: graph(
        "lib/server/server.ts -> lib/server/server_workers.ts",
        "lib/server/server_workers.ts -> lib/server/server_worker.ts",
        "lib/server/server_worker.ts -> lib/server/server.ts",
      ),
      expected: [
        "circle of files: lib/server/server.ts lib/server/server_worker.ts " +
        "lib/server/server_workers.ts",
      ],
    },
    {
      name: "refuses a worker that imports upward",
      imports: graph(
        "lib/server/server_workers.ts -> lib/server/server_worker.ts",
        "lib/server/server_worker.ts -> lib/cli/logger.ts",
      ),
      expected: [
        "lib/server/server_worker.ts -> lib/cli/logger.ts " +
        "does not go down the layers",
      ],
    },
    {
      name: "refuses a session that knows its transport",
      imports: graph("lib/session/session.ts -> lib/transport/bridge.ts"),
      expected: [
        "lib/session/session.ts -> lib/transport/bridge.ts " +
        "does not go down the layers",
      ],
    },
    {
      name: "refuses rooms side by side, and their circle",
      imports: graph(
        "lib/session/a.ts -> lib/dial/b.ts",
        "lib/dial/c.ts -> lib/session/d.ts",
      ),
      expected: [
        "circle of rooms: lib/dial/ lib/session/",
        "lib/dial/c.ts -> lib/session/d.ts does not go down the layers",
        "lib/session/a.ts -> lib/dial/b.ts does not go down the layers",
      ],
    },
    {
      name: "refuses entry files, private files and unknown folders",
      imports: graph(
        "lib/cli/main.ts -> server.ts",
        "lib/cli/main.ts -> lib/cli/commands/_flags.ts",
        "lib/cli/main.ts -> lib/new/file.ts",
      ),
      expected: [
        "lib/cli/main.ts -> lib/cli/commands/_flags.ts imports a private file " +
        "of another folder",
        "lib/cli/main.ts -> lib/new/file.ts is in no layer",
        "lib/cli/main.ts -> server.ts imports an entry file",
      ],
    },
    {
      name: "refuses ffi but for its mod.ts in lib/net and lib/doctor",
      imports: graph(
        "lib/net/a.ts -> ffi/sockets.ts",
        "lib/session/a.ts -> ffi/mod.ts",
        "ffi/sockets.ts -> lib/base/errors.ts",
      ),
      expected: [
        "ffi/sockets.ts -> lib/base/errors.ts does not go down the layers",
        "lib/net/a.ts -> ffi/sockets.ts may not import this of ffi",
        "lib/session/a.ts -> ffi/mod.ts may not import this of ffi",
      ],
    },
    {
      name: "refuses the path of a package in place of its name",
      imports: graph("lib/cli/logger.ts -> links/std-log/logger.ts"),
      expected: [
        "lib/cli/logger.ts -> links/std-log/logger.ts is in no layer",
      ],
    },
  ]
) {
  Deno.test(`violations() ${name}`, () => {
    assertEquals(violations(imports), expected);
  });
}

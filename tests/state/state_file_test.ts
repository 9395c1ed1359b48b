import { assert, assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { type Logger, SILENT } from "../../lib/base/logger.ts";
import { openLearned } from "../../lib/state/state_file.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const SSH = { host: "host.test", port: 2200 };
const FILE = "fast_open-server.json";

/** Runs `run` with a directory that is removed again. */
async function inFolder(run: (dir: string) => Promise<void>): Promise<void> {
  const dir = await Deno.makeTempDir();
  try {
    await run(dir);
  } finally {
    await Deno.remove(dir, { recursive: true });
  }
}

/** The files of a directory. */
async function namesIn(dir: string): Promise<string[]> {
  const entries = await Array.fromAsync(Deno.readDir(dir));
  return entries.map(({ name }) => name).sort();
}

/** What a server with this directory knows, and how it was warned. */
async function open(dir: string) {
  const warnings: string[] = [];
  const logger: Logger = {
    ...SILENT,
    warn: (message) => void warnings.push(message),
  };
  const opened = await openLearned(dir, { owner: "server", logger });
  return { ...opened, warnings };
}

Deno.test("StateFile keeps what was learned from one start to the next", () =>
  inFolder(async (folder) => {
    // The directory is made, and a slash at its end does no harm.
    const dir = `${folder}/new/state/`;
    const first = await open(dir);
    first.learned.speaksFirst.targetSpoke(SSH);
    await first.close();
    assertEquals(await namesIn(dir), [FILE]);
    if (Deno.build.os !== "windows") {
      const modes = ["", FILE].map((name) =>
        Deno.statSync(dir + name).mode! & 0o777
      );
      assertEquals(modes, [0o700, 0o600]);
    }
    const second = await open(dir);
    assertEquals(second.learned.speaksFirst.expected(SSH), "target");
    second.learned.speaksFirst.appSpoke(SSH, false);
    await second.close();
    const third = await open(dir);
    assertEquals(third.learned.speaksFirst.expected(SSH), undefined);
    await third.close();
    assertEquals([first, second, third].flatMap((one) => one.warnings), []);
  }));

Deno.test("StateFile writes nothing when nothing was learned", () =>
  inFolder(async (dir) => {
    const { close, warnings } = await open(dir);
    await close();
    await close();
    assertEquals([await namesIn(dir), warnings], [[], []]);
  }));

Deno.test("StateFile is written some time after a change", () =>
  inFolder(async (dir) => {
    using watcher = Deno.watchFs(dir);
    const { learned, close } = await openLearned(dir, {
      owner: "server",
      logger: SILENT,
      delayMs: 1,
    });
    learned.speaksFirst.targetSpoke(SSH);
    for await (const { paths } of watcher) {
      if (paths.some((path) => path.endsWith(FILE))) break;
    }
    const text = await Deno.readTextFile(`${dir}/${FILE}`);
    assertEquals(JSON.parse(text).speaksFirst, ["host.test:2200"]);
    await close();
  }));

Deno.test("openLearned() without a directory keeps nothing", async () => {
  const { learned, close } = await openLearned(undefined, {
    owner: "client",
    logger: SILENT,
  });
  learned.speaksFirst.targetSpoke(SSH);
  assert(learned.speaksFirst.expected(SSH) === "target");
  await close();
});

Deno.test("StateFile of a server and of a client are two files", () =>
  inFolder(async (dir) => {
    for (const owner of ["server", "client"] as const) {
      const { learned, close } = await openLearned(dir, {
        owner,
        logger: SILENT,
      });
      assertEquals(learned.speaksFirst.expected(SSH), undefined, owner);
      learned.speaksFirst.targetSpoke(SSH);
      await close();
    }
    assertEquals(await namesIn(dir), ["fast_open-client.json", FILE]);
  }));

Deno.test("StateFile of two programs is always whole", () =>
  inFolder(async (dir) => {
    const programs = await Promise.all(
      Array.from({ length: 8 }, () => open(dir)),
    );
    await Promise.all(programs.map(async ({ learned, close }, i) => {
      for (let port = 1000; port < 1000 + 100 * (i + 1); port++) {
        learned.speaksFirst.targetSpoke({ host: "h", port });
      }
      await close();
    }));
    const { learned, close, warnings } = await open(dir);
    assertEquals(learned.speaksFirst.records.length % 100, 0);
    assert(learned.speaksFirst.records.length > 0);
    await close();
    assertEquals(warnings, []);
    assertEquals(await namesIn(dir), [FILE]);
  }));

for (
  const { name, write } of [
    { name: "damaged", write: (path: string) => Deno.writeTextFile(path, "{") },
    {
      name: "of another version",
      write: (path: string) => Deno.writeTextFile(path, '{"version":2}'),
    },
    {
      name: "too long",
      write: (path: string) =>
        Deno.writeTextFile(path, " ".repeat(4 * 1024 * 1024 + 1)),
    },
    {
      name: "no text",
      write: (path: string) =>
        Deno.writeFile(path, new Uint8Array([255, 254, 0])),
    },
    { name: "a directory", write: (path: string) => Deno.mkdir(path) },
  ]
) {
  Deno.test(`StateFile that is ${name} is a warning and an empty memory`, () =>
    inFolder(async (dir) => {
      await write(`${dir}/${FILE}`);
      const { learned, close, warnings } = await open(dir);
      assertEquals(warnings, ["Cannot read what was learned before"]);
      assertEquals(learned.speaksFirst.records, []);
      await close();
    }));
}

Deno.test("StateFile that was damaged is written anew", () =>
  inFolder(async (dir) => {
    await Deno.writeTextFile(`${dir}/${FILE}`, "{");
    const first = await open(dir);
    first.learned.speaksFirst.targetSpoke(SSH);
    await first.close();
    const { learned, close, warnings } = await open(dir);
    assert(learned.speaksFirst.expected(SSH) === "target");
    assertEquals(warnings, []);
    await close();
  }));

Deno.test("StateFile in a place that is no directory is one warning", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/file`;
    await Deno.writeTextFile(dir, "");
    const { learned, close, warnings } = await open(dir);
    learned.speaksFirst.targetSpoke(SSH);
    await close();
    assertEquals(warnings, ["Cannot keep what is learned"]);
  }));

Deno.test("StateFile whose directory goes is one warning", () =>
  inFolder(async (folder) => {
    const dir = `${folder}/state`;
    const { learned, close, warnings } = await open(dir);
    await Deno.remove(dir);
    learned.speaksFirst.targetSpoke(SSH);
    await close();
    assertEquals(warnings, ["Cannot keep what is learned"]);
  }));

Deno.test("StateFile that could not be written is written at the end", () =>
  inFolder(async (dir) => {
    const warned = Promise.withResolvers<void>();
    const logger: Logger = { ...SILENT, warn: () => warned.resolve() };
    const options = { owner: "server", logger, delayMs: 0 } as const;
    const first = await openLearned(dir, options);
    await Deno.mkdir(`${dir}/${FILE}`);
    first.learned.speaksFirst.targetSpoke(SSH);
    await warned.promise;
    await Deno.remove(`${dir}/${FILE}`);
    await first.close();
    const { learned, close } = await open(dir);
    assert(learned.speaksFirst.expected(SSH) === "target");
    await close();
  }));

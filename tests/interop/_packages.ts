/** The newest version that PyPI has wheels of. */
const LINKSOCKS = { module: "linksocks", version: "1.8.9" };
/** The port of the protocol to Python. */
const PYWSSOCKS = { module: "pywssocks", version: "1.5.1" };
/** Where packages are kept, below the checkout. */
const CACHE = new URL("../../.cache/python/", import.meta.url).pathname;
const DECODER = new TextDecoder();

/** The Python that has another implementation, or why there is none here. */
export type Reference = { python: string } | { reason: string };

async function succeeds(
  program: string,
  args: readonly string[],
): Promise<{ success: boolean; text: string }> {
  try {
    const { success, stdout, stderr } = await new Deno.Command(program, {
      args: [...args],
      stdin: "null",
    }).output();
    return { success, text: DECODER.decode(stdout) + DECODER.decode(stderr) };
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    return { success: false, text: `there is no program ${program}` };
  }
}

/** Finds linksocks, the reference implementation, or downloads it from PyPI. */
export function findReference(): Promise<Reference> {
  return findPackage(LINKSOCKS);
}

/** Finds pywssocks, or downloads it from PyPI. */
export function findPywssocks(): Promise<Reference> {
  return findPackage(PYWSSOCKS);
}

async function findPackage(
  { module, version }: { module: string; version: string },
): Promise<Reference> {
  if (Deno.env.get("SYNSOCKS_SKIP_INTEROP")) {
    return { reason: "SYNSOCKS_SKIP_INTEROP is set" };
  }
  await Deno.mkdir(CACHE, { recursive: true });
  // Test files that start together install one after another.
  using lock = await Deno.create(`${CACHE}${module}.lock`);
  await lock.lock(true);
  const directory = `${CACHE}${module}-${version}`;
  const python = `${directory}/bin/python3`;
  const ready = await succeeds(python, ["-c", `import ${module}`]);
  if (ready.success) return { python };
  const name = `${module}==${version}`;
  const steps: [string, string[]][] = [
    ["python3", ["-m", "venv", directory]],
    [python, [
      ...["-m", "pip", "install", "--quiet", "--only-binary", ":all:"],
      name,
    ]],
  ];
  for (const [program, args] of steps) {
    const { success, text } = await succeeds(program, args);
    if (!success) {
      const last = text.trim().split("\n").at(-1);
      return { reason: `cannot install ${name}: ${last}` };
    }
  }
  return { python };
}

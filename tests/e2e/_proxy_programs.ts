import { freePort } from "../net/free_port.ts";

/** Proxies that others have written. */
export type Program = "microsocks" | "tinyproxy";

/** Whether it is installed. */
export function hasProgram(program: Program): boolean {
  try {
    new Deno.Command(program, { args: ["-h"], stdout: "null", stderr: "null" })
      .outputSync();
    return true;
  } catch {
    return false;
  }
}

/** A running proxy. */
export interface RunningProxy extends AsyncDisposable {
  /** Where it listens on 127.0.0.1. */
  readonly port: number;
}

/** Resolves when somebody listens there. */
async function listening(
  port: number,
  process: Deno.ChildProcess,
): Promise<void> {
  let ended = false;
  process.status.then(() => ended = true);
  while (!ended) {
    try {
      const conn = await Deno.connect({ hostname: "127.0.0.1", port });
      conn.close();
      return;
    } catch (error) {
      if (!(error instanceof Deno.errors.ConnectionRefused)) throw error;
    }
  }
  throw new Error("the proxy ended at once");
}

function configOf(
  port: number,
  login: { username: string; password: string } | undefined,
): string {
  return [
    `Port ${port}`,
    "Listen 127.0.0.1",
    "Timeout 60",
    "MaxClients 50",
    "LogLevel Critical",
    ...(login ? [`BasicAuth ${login.username} ${login.password}`] : []),
    "",
  ].join("\n");
}

/** Runs a proxy, with credentials if it shall ask for them. */
export async function runProxy(
  program: Program,
  login?: { username: string; password: string },
): Promise<RunningProxy> {
  const port = freePort();
  const config = await Deno.makeTempFile();
  await Deno.writeTextFile(config, configOf(port, login));
  const asked = login ? ["-u", login.username, "-P", login.password] : [];
  const args = program === "microsocks"
    ? ["-i", "127.0.0.1", "-p", String(port), ...asked]
    : ["-d", "-c", config];
  const process = new Deno.Command(program, {
    args,
    stdin: "null",
    stdout: "null",
    stderr: "null",
  }).spawn();
  await listening(port, process);
  return {
    port,
    async [Symbol.asyncDispose]() {
      process.kill();
      await process.status;
      await Deno.remove(config);
    },
  };
}

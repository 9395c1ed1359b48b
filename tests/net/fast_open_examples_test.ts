import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { within } from "../ffi/within.ts";

const ignore = !ffiSupport().supported;

function example(name: string, ...args: string[]): Deno.Command {
  const path = new URL(`../../examples/${name}.ts`, import.meta.url).pathname;
  return new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", path, ...args],
    stdin: "null",
    stdout: "piped",
    stderr: "inherit",
  });
}

/** Runs a program to its end and gives what it prints. */
async function textOf(command: Deno.Command): Promise<string> {
  const { success, stdout } = await within(command.output(), 20_000);
  assert(success);
  return new TextDecoder().decode(stdout);
}

Deno.test({
  name: "the echo client gets its line from the echo server",
  ignore,
  async fn() {
    await using server = example("fast_open_echo_server", "0").spawn();
    const reader = server.stdout.pipeThrough(new TextDecoderStream())
      .getReader();
    let text = "";
    while (!text.includes("\n")) {
      text += (await within(reader.read(), 20_000)).value ?? "";
    }
    const port = /listening on 127\.0\.0\.1:(\d+)/.exec(text)![1]!;
    const printed = await textOf(example("fast_open_echo_client", port));
    assertEquals(printed.match(/ms, 17 bytes/g)?.length, 4);
    assertStringIncludes(printed, "SYN data: off (nobody asked for it)");
    await reader.cancel();
  },
});

Deno.test({
  name: "the tunnel example streams and fetches through itself",
  ignore,
  async fn() {
    assertEquals(
      await textOf(example("tunnel")),
      "connected\nHTTP/1.0 200 OK\nhello through the tunnel\n\n" +
        "closed by the signal\n",
    );
  },
});

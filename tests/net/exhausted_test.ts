import { assertEquals } from "@std/assert";
import { pathBeside, runDenoWithDescriptors } from "../ffi/run_deno.ts";

const MAIN = pathBeside(import.meta.url, "./_exhausted_main.ts");
const DESCRIPTORS = 64;

for (
  const { scene, name, codes } of [
    {
      scene: "recover",
      name: "Backend.listen() recovers once descriptors are free again",
      codes: ["exhausted", "accepted"],
    },
    {
      // The wait was started anew by each conn that came, and only the last was
      // ended with the listener: the others met a closed descriptor.
      scene: "close",
      name: "Listener.close() ends the wait for descriptors",
      codes: ["exhausted", "exhausted"],
    },
  ]
) {
  for (const backend of ["epoll", "deno"]) {
    Deno.test({
      name: `${name} (${backend})`,
      ignore: Deno.build.os !== "linux",
      async fn() {
        const { code, stdout, stderr } = await runDenoWithDescriptors(
          DESCRIPTORS,
          ["-A", MAIN, scene, backend],
        );
        assertEquals({ code, stderr }, { code: 0, stderr: "" });
        assertEquals(JSON.parse(stdout), codes);
      },
    });
  }
}

// A socket whose place in the loop could not be had stayed open, and dial()
// threw instead of rejecting.
Deno.test({
  name: "EpollBackend gives exhausted for lack of descriptors, and leaves none",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const { code, stdout, stderr } = await runDenoWithDescriptors(
      DESCRIPTORS,
      ["-A", MAIN, "open", "epoll"],
    );
    assertEquals({ code, stderr }, { code: 0, stderr: "" });
    assertEquals(JSON.parse(stdout), [
      ...Array.from({ length: 6 }, () => "exhausted"),
      "0 left",
    ]);
  },
});

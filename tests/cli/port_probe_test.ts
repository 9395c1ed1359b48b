import { assertEquals } from "@std/assert";
import { isPortFree } from "../../lib/cli/port_probe.ts";

Deno.test("isPortFree() tells a taken port from a free one", () => {
  const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  assertEquals(isPortFree(port), false);
  listener.close();
  assertEquals(isPortFree(port), true);
});

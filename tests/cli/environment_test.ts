import { assertEquals } from "@std/assert";
import { systemEnvironment } from "../../lib/cli/environment.ts";

Deno.test("systemEnvironment() reads the variables of this process", () => {
  Deno.env.set("SYNSOCKS_TEST_ONLY", "x");
  assertEquals(systemEnvironment("SYNSOCKS_TEST_ONLY"), "x");
  Deno.env.delete("SYNSOCKS_TEST_ONLY");
  assertEquals(systemEnvironment("SYNSOCKS_TEST_ONLY"), undefined);
});

Deno.test({
  name: "systemEnvironment() finds nothing without the permission",
  permissions: { env: false },
  fn() {
    assertEquals(systemEnvironment("PATH"), undefined);
  },
});

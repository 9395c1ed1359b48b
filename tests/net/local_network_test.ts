import { assert, assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { localNetwork, networkOf } from "../../lib/net/local_network.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

for (
  const { name, addresses, expected } of [
    { name: "nothing", addresses: [], expected: "" },
    {
      name: "neither loopback nor link-local",
      addresses: [
        ...["127.0.0.1", "127.3.2.1", "169.254.7.7"],
        ...["::1", "fe80::1", "febf::2"],
      ],
      expected: "",
    },
    {
      name: "the first 24 and 64 bits",
      addresses: ["192.0.2.77", "2001:db8:1:2:3:4:5:6"],
      expected: "192.0.2.0/24 2001:db8:1:2::/64",
    },
    {
      name: "each prefix once and in order",
      addresses: ["198.51.100.9", "192.0.2.1", "192.0.2.2", "fec0::1"],
      expected: "192.0.2.0/24 198.51.100.0/24 fec0::/64",
    },
    { name: "nothing of what is no address", addresses: ["x"], expected: "" },
  ]
) {
  Deno.test(`networkOf() gives ${name}`, () => {
    assertEquals(networkOf(addresses), expected);
  });
}

Deno.test("localNetwork() looks again after five seconds", () => {
  let nowMs = 1000;
  let asked = 0;
  const network = localNetwork(() => {
    asked++;
    return [`192.0.${asked}.1`];
  }, () => nowMs);
  assertEquals([network(), network()], ["192.0.1.0/24", "192.0.1.0/24"]);
  nowMs += 4999;
  assertEquals(network(), "192.0.1.0/24");
  nowMs += 1;
  assertEquals(network(), "192.0.2.0/24");
});

Deno.test({
  name: "localNetwork() is that of an address of this machine, or none",
  ignore: Deno.build.os !== "linux",
  fn() {
    const all = networkOf(Deno.networkInterfaces().map((one) => one.address));
    for (const prefix of localNetwork()().split(" ")) {
      assert(prefix === "" || all.split(" ").includes(prefix), prefix);
    }
  },
});

import { assertEquals } from "@std/assert";
import { Resolver } from "../../lib/net/resolver.ts";
import { UdpNames } from "../../lib/exit/udp_names.ts";

/** Names whose lookups are counted. */
function countedNames(
  lookup: (host: string, family: 4 | 6) => Promise<string[]>,
): { names: UdpNames; asked: string[] } {
  const asked: string[] = [];
  const resolver = new Resolver({
    resolutionDelayMs: 0,
    lookup(host, family) {
      if (family === 4) asked.push(host);
      return lookup(host, family);
    },
  });
  return { names: new UdpNames(resolver), asked };
}

Deno.test("ask() prefers IPv4 and remembers it", async () => {
  const { names, asked } = countedNames((_, family) =>
    Promise.resolve([family === 4 ? "192.0.2.1" : "2001:db8::1"])
  );
  assertEquals(names.known("both.test"), undefined);
  assertEquals(await names.ask("both.test"), "192.0.2.1");
  assertEquals(names.known("both.test")?.address, "192.0.2.1");
  assertEquals(asked, ["both.test"]);
});

Deno.test("ask() takes IPv6 where there is nothing else", async () => {
  const { names } = countedNames((_, family) =>
    family === 6 ? Promise.resolve(["2001:db8::1"]) : Promise.reject()
  );
  assertEquals(await names.ask("six.test"), "2001:db8::1");
});

Deno.test("ask() remembers for a moment that a name has no address", async () => {
  const { names } = countedNames(() => Promise.reject(new Error("none")));
  assertEquals(await names.ask("none.test"), undefined);
  assertEquals(names.known("none.test")?.address, undefined);
  assertEquals(names.known("none.test") === undefined, false);
});

Deno.test("ask() never gives what is no IP address", async () => {
  const { names } = countedNames(() => Promise.resolve(["fe80::1%eth0"]));
  assertEquals(await names.ask("zone.test"), undefined);
});

Deno.test("ask() asks once for all who wait, and for a bounded number", async () => {
  const answer = Promise.withResolvers<string[]>();
  const { names, asked } = countedNames(() => answer.promise);
  const waiting = Array.from(
    { length: 300 },
    (_, i) => names.ask(`n${i}.test`),
  );
  waiting.push(names.ask("n0.test"));
  assertEquals(asked.length, 256);
  assertEquals(await waiting[299], undefined);
  answer.resolve(["192.0.2.1"]);
  assertEquals(await waiting[0], "192.0.2.1");
  assertEquals(await waiting[300], "192.0.2.1");
  assertEquals(await waiting[255], "192.0.2.1");
});

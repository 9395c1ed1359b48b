import {
  assert,
  assertEquals,
  assertRejects,
  assertStrictEquals,
} from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { type Lookup, Resolver } from "../../lib/net/resolver.ts";
import { turns } from "../ffi/turns.ts";
import { within } from "../ffi/within.ts";

/** Longer than any test: nothing may wait for it. */
const NEVER_MS = 1_000_000;

type Answers = Record<4 | 6, string[] | Error>;

/** A lookup whose answers are there at once, and which counts. */
function fixedLookup(answers: Answers): { lookup: Lookup; asked: number[] } {
  const asked: number[] = [];
  function lookup(_host: string, family: 4 | 6): Promise<string[]> {
    asked.push(family);
    const answer = answers[family];
    return answer instanceof Error
      ? Promise.reject(answer)
      : Promise.resolve(answer);
  }
  return { lookup, asked };
}

/** A lookup that the test answers. */
function heldLookup() {
  const answers = {
    4: Promise.withResolvers<string[]>(),
    6: Promise.withResolvers<string[]>(),
  };
  const asked: [host: string, family: number][] = [];
  function lookup(host: string, family: 4 | 6): Promise<string[]> {
    asked.push([host, family]);
    return answers[family].promise;
  }
  return { answers, asked, lookup };
}

Deno.test("Resolver.resolve() asks for both families at the same time", async () => {
  const { answers, asked, lookup } = heldLookup();
  const resolver = new Resolver({ lookup, resolutionDelayMs: NEVER_MS });
  const addresses = resolver.resolve("example.test");
  await turns();
  assertEquals(asked, [["example.test", 4], ["example.test", 6]]);
  answers[4].resolve(["192.0.2.1"]);
  answers[6].resolve(["2001:db8::1"]);
  assertEquals(await addresses, ["2001:db8::1", "192.0.2.1"]);
});

for (
  const { name, four, six, expected } of [
    {
      name: "alternates, IPv6 first",
      four: ["192.0.2.1", "192.0.2.2"],
      six: ["2001:db8::1", "2001:db8::2"],
      expected: ["2001:db8::1", "192.0.2.1", "2001:db8::2", "192.0.2.2"],
    },
    {
      name: "puts what is left behind",
      four: ["192.0.2.1", "192.0.2.2", "192.0.2.3"],
      six: ["2001:db8::1"],
      expected: ["2001:db8::1", "192.0.2.1", "192.0.2.2", "192.0.2.3"],
    },
    {
      name: "takes IPv4 alone when IPv6 fails",
      four: ["192.0.2.1"],
      six: new Error("no AAAA"),
      expected: ["192.0.2.1"],
    },
    {
      name: "takes IPv6 alone when IPv4 fails",
      four: new Error("no A"),
      six: ["2001:db8::1"],
      expected: ["2001:db8::1"],
    },
    {
      name: "takes IPv6 alone when IPv4 has nothing",
      four: [],
      six: ["2001:db8::1"],
      expected: ["2001:db8::1"],
    },
  ]
) {
  Deno.test(`Resolver.resolve() ${name}`, async () => {
    const { lookup } = fixedLookup({ 4: four, 6: six });
    const resolver = new Resolver({ lookup, resolutionDelayMs: NEVER_MS });
    assertEquals(await within(resolver.resolve("example.test")), expected);
  });
}

for (const late of [4, 6] as const) {
  const early = late === 4 ? 6 : 4;
  const address = { 4: "192.0.2.1", 6: "2001:db8::1" };

  Deno.test(`Resolver.resolve() waits no longer than the delay for IPv${late}`, async () => {
    const { answers, lookup } = heldLookup();
    const resolver = new Resolver({ lookup, resolutionDelayMs: 5 });
    const addresses = resolver.resolve("example.test");
    answers[early].resolve([address[early]]);
    assertEquals(await within(addresses), [address[early]]);
    answers[late].resolve([address[late]]);
  });

  Deno.test(`Resolver.resolve() takes IPv${late} within the delay`, async () => {
    const { answers, lookup } = heldLookup();
    const resolver = new Resolver({ lookup, resolutionDelayMs: NEVER_MS });
    const addresses = resolver.resolve("example.test");
    answers[early].resolve([address[early]]);
    await turns(3);
    answers[late].resolve([address[late]]);
    assertEquals(await within(addresses), [address[6], address[4]]);
  });

  Deno.test(`Resolver.resolve() waits for IPv${late} when the other has nothing`, async () => {
    const { answers, lookup } = heldLookup();
    const resolver = new Resolver({ lookup, resolutionDelayMs: 0 });
    const addresses = resolver.resolve("example.test");
    answers[early].reject(new Error("no such record"));
    await turns(20);
    answers[late].resolve([address[late]]);
    assertEquals(await within(addresses), [address[late]]);
  });
}

Deno.test("Resolver.resolve() rejects with name when there are none", async () => {
  const cause = new Error("getaddrinfo ENOTFOUND");
  for (const four of [cause, []]) {
    const { lookup } = fixedLookup({ 4: four, 6: new Error("no AAAA") });
    const error = await assertRejects(
      () => new Resolver({ lookup }).resolve("nowhere.test"),
      TunnelError,
      "no such host: nowhere.test",
    );
    assertEquals(error.code, "name");
    assertEquals(error.cause, four === cause ? cause : undefined);
  }
});

Deno.test("Resolver.resolve() does not keep a failure", async () => {
  const answers: Answers = { 4: new Error("not yet"), 6: [] };
  const { lookup, asked } = fixedLookup(answers);
  const resolver = new Resolver({ lookup });
  await assertRejects(() => resolver.resolve("example.test"), TunnelError);
  answers[4] = ["192.0.2.1"];
  assertEquals(await resolver.resolve("example.test"), ["192.0.2.1"]);
  assertEquals(asked, [4, 6, 4, 6]);
});

Deno.test("Resolver.resolve() uses an answer again until it is too old", async () => {
  let now = 1000;
  const { lookup, asked } = fixedLookup({ 4: ["192.0.2.1"], 6: [] });
  const resolver = new Resolver({ lookup, keepMs: 100, now: () => now });
  const first = await resolver.resolve("example.test");
  now = 1099;
  assertStrictEquals(await resolver.resolve("example.test"), first);
  assertEquals(asked.length, 2);
  now = 1100;
  assertEquals(await resolver.resolve("example.test"), first);
  assertEquals(asked.length, 4);
  await resolver.resolve("other.test");
  assertEquals(asked.length, 6);
});

Deno.test("Resolver.resolve() asks once for all who wait", async () => {
  const { answers, asked, lookup } = heldLookup();
  const resolver = new Resolver({ lookup });
  const waiting = [1, 2, 3].map(() => resolver.resolve("example.test"));
  await turns();
  answers[4].resolve(["192.0.2.1"]);
  answers[6].resolve([]);
  for (const addresses of waiting) assertEquals(await addresses, ["192.0.2.1"]);
  assertEquals(asked.length, 2);
});

Deno.test("Resolver.resolve() forgets the oldest of more than 1024 names", async () => {
  const { lookup, asked } = fixedLookup({ 4: ["192.0.2.1"], 6: [] });
  const resolver = new Resolver({ lookup });
  for (let i = 0; i <= 1024; i++) await resolver.resolve(`${i}.test`);
  asked.length = 0;
  await resolver.resolve("1024.test");
  await resolver.resolve("1.test");
  assertEquals(asked, []);
  await resolver.resolve("0.test");
  assertEquals(asked, [4, 6]);
});

for (const host of ["192.0.2.1", "::1", "2001:db8::1", "::ffff:192.0.2.1"]) {
  Deno.test(`Resolver.resolve() asks nobody for ${host}`, async () => {
    const { lookup, asked } = fixedLookup({ 4: [], 6: [] });
    assertEquals(await new Resolver({ lookup }).resolve(host), [host]);
    assertEquals(asked, []);
  });
}

Deno.test("Resolver.resolve() asks the system by default", async () => {
  const addresses = await within(new Resolver().resolve("localhost"));
  assert(addresses.length > 0);
  for (const address of addresses) {
    assert(address === "::1" || address.startsWith("127."), address);
  }
});

Deno.test("Resolver.resolve() asks nobody for localhost", async () => {
  const resolver = new Resolver({
    lookup: (host) => Promise.reject(new Error(`asked for ${host}`)),
  });
  for (
    const host of ["localhost", "LOCALHOST", "app.localhost", "localhost."]
  ) {
    assertEquals(await resolver.resolve(host), ["127.0.0.1", "::1"]);
  }
  await assertRejects(() => resolver.resolve("notlocalhost"));
});

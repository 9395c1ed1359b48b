import { assertEquals } from "@std/assert";
import { SpeaksFirst } from "../../lib/entry/speaks_first.ts";

const WEB = { host: "example.com", port: 443 };
const MAIL = { host: "example.com", port: 25 };
const OTHER = { host: "example.com", port: 3001 };

Deno.test("SpeaksFirst.expected() knows the usual ports", () => {
  const known = new SpeaksFirst();
  assertEquals(known.expected(WEB), "app");
  assertEquals(known.expected(MAIL), "target");
  assertEquals(known.expected(OTHER), undefined);
});

Deno.test("SpeaksFirst.expected() tells what was seen before what is usual", () => {
  const known = new SpeaksFirst();
  known.targetSpoke(WEB);
  assertEquals(known.expected(WEB), "target");
  assertEquals(known.expected({ ...WEB, host: "example.net" }), "app");
  known.appSpoke(WEB, false);
  assertEquals(known.expected(WEB), "app");
});

Deno.test("SpeaksFirst.appSpoke() remembers apps that are late", () => {
  const known = new SpeaksFirst();
  known.appSpoke(OTHER, false);
  assertEquals(known.expected(OTHER), undefined);
  known.appSpoke(OTHER, true);
  assertEquals(known.expected(OTHER), "app");
  known.targetSpoke(OTHER);
  assertEquals(known.expected(OTHER), "target");
  known.appSpoke(OTHER, true);
  assertEquals(known.expected(OTHER), "app");
});

Deno.test("SpeaksFirst.records are the targets that were seen to", () => {
  let changes = 0;
  const known = new SpeaksFirst(2);
  known.onChange = () => changes++;
  known.targetSpoke(MAIL);
  known.targetSpoke(OTHER);
  known.targetSpoke(OTHER);
  known.appSpoke(WEB, true);
  assertEquals(known.records, ["example.com:3001"]);
  assertEquals(changes, 1);
  const next = new SpeaksFirst(2);
  next.restore(["a:1", "b:2", ...known.records]);
  assertEquals(next.records, ["b:2", "example.com:3001"]);
  assertEquals(next.expected(OTHER), "target");
});

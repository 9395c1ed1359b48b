import { assertEquals } from "@std/assert";
import { RecentMap } from "../../lib/base/recent_map.ts";

Deno.test("RecentMap forgets what was not used for the longest time", () => {
  const map = new RecentMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  assertEquals(map.get("a"), 1);
  map.set("c", 3);
  assertEquals(map.get("b"), undefined);
  assertEquals([...map.entries()], [["a", 1], ["c", 3]]);
});

Deno.test("RecentMap changes a value without forgetting another one", () => {
  const map = new RecentMap<number>(2);
  map.set("a", 1);
  map.set("b", 2);
  map.set("a", 3);
  assertEquals([...map.entries()], [["b", 2], ["a", 3]]);
});

Deno.test("RecentMap.delete() tells whether the value was there", () => {
  const map = new RecentMap<number>(2);
  map.set("a", 1);
  assertEquals([map.delete("a"), map.delete("a")], [true, false]);
  assertEquals([...map.entries()], []);
});

import { assert, assertEquals } from "@std/assert";
import { turns } from "../ffi/turns.ts";
import { connPair, listen } from "./_acceptor.ts";
import type { Case } from "./_backends.ts";

/** How a backend's loop takes turns and ends. */
export const LOOP_CASES: readonly Case[] = [
  {
    name: "Backend.idle() resolves at once when nothing was opened",
    run: (backend) => backend.idle(),
  },
  {
    name: "Backend.idle() resolves only when all is closed",
    async run(backend) {
      const [near, far] = await connPair(backend);
      const { listener } = listen(backend);
      let idle = false;
      const ended = backend.idle().then(() => idle = true);
      for (const step of [near, far, listener]) {
        await turns(5);
        assertEquals(idle, false);
        step.close();
      }
      await ended;
    },
  },
  {
    name: "Backend.idle() resolves for all who ask, and again later",
    async run(backend) {
      for (let round = 0; round < 3; round++) {
        const { listener } = listen(backend);
        const asked = [backend.idle(), backend.idle()];
        await turns(2);
        listener.close();
        await Promise.all(asked);
      }
    },
  },
  {
    name: "Backend.atTurnEnd() runs a task once, in order, and not at once",
    async run(backend) {
      const log: string[] = [];
      backend.atTurnEnd(() => log.push("a"));
      backend.atTurnEnd(() => log.push("b"));
      log.push("first");
      await turns(5);
      assertEquals(log, ["first", "a", "b"]);
      backend.atTurnEnd(() => log.push("c"));
      await turns(5);
      assertEquals(log, ["first", "a", "b", "c"]);
    },
  },
  {
    name: "Backend.atTurnEnd() runs a task that a task has added, later",
    async run(backend) {
      const log: string[] = [];
      const done = Promise.withResolvers<void>();
      backend.atTurnEnd(() => {
        backend.atTurnEnd(() => {
          log.push("inner");
          done.resolve();
        });
        log.push("outer");
      });
      await done.promise;
      await turns(5);
      assertEquals(log, ["outer", "inner"]);
    },
  },
  {
    name: "Backend.atTurnEnd() runs once for a turn, after its handlers",
    async run(backend) {
      const pairs = await Promise.all(
        Array.from({ length: 8 }, () => connPair(backend)),
      );
      const log: string[] = [];
      let added = false;
      let left = pairs.length;
      const done = Promise.withResolvers<void>();
      for (const [near, far] of pairs) {
        const buffer = new Uint8Array(8);
        far.conn.handler = {
          readable() {
            assertEquals(far.read(buffer), 1);
            log.push("handler");
            left--;
            if (added) return;
            added = true;
            backend.atTurnEnd(() => {
              added = false;
              log.push("end");
              if (left === 0) done.resolve();
            });
            log.push("added");
          },
          writable() {},
          failed: (error) => done.reject(error),
        };
        assertEquals(far.read(buffer), 0);
        assertEquals(near.write(new Uint8Array(1)), 1);
      }
      await done.promise;
      await turns(5);
      const text = log.join(" ");
      // Each turn: some handlers, the first of which adds the task, then the end.
      assert(/^(handler added (handler )*end ?)+$/.test(text), text);
      assertEquals(log.filter((entry) => entry === "handler").length, 8);
      for (const [near, far] of pairs) {
        near.close();
        far.close();
      }
    },
  },
];

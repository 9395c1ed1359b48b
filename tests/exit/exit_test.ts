import { assert, assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { SILENT } from "../../lib/base/logger.ts";
import type { Dialer } from "../../lib/dial/dialer.ts";
import type { Backend } from "../../lib/net/backend.ts";
import type { Conn } from "../../lib/net/conn.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { Exit } from "../../lib/exit/exit.ts";
import { decodeMessage } from "../../lib/wire/decode.ts";
import { forEachMessage } from "../../lib/wire/bundle.ts";
import { within } from "../ffi/within.ts";
import { closePair, openPair, Recorder } from "../session/_sessions.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const HOST = "127.0.0.1";
const ENCODER = new TextEncoder();

/** Dials for real, and says that the target took the first bytes with the SYN. */
function fastDialer(backend: Backend): Dialer {
  return {
    async dial({ host, port }, { first = new Uint8Array(), signal } = {}) {
      const options = signal ? { signal } : {};
      const { conn } = await backend.dial({ host, port }, options);
      const sent = conn.write(first);
      const fastOpen = { result: "acknowledged", rttUs: 1 } as const;
      Object.defineProperty(conn, "fastOpen", { value: fastOpen });
      return { conn, sent };
    },
  };
}

/** What the session says for itself, whoever has a channel. */
const OF_THE_SESSION = ["ping", "pong"];

/** The types of the messages about channels that arrive together. */
function arrivalsOf(message: Uint8Array): string[] {
  const types: string[] = [];
  forEachMessage(message, true, (one) => {
    const { type } = decodeMessage(one, { v1: true });
    if (!OF_THE_SESSION.includes(type)) types.push(type);
  });
  return types;
}

interface Asked {
  recorder: Recorder;
  /** What the entry got, one list for each WebSocket message. */
  arrivals: string[][];
}

/** A request of one channel; `serve` gets the conn of the target. */
async function ask(
  serve: (conn: Conn) => void,
  check: (asked: Asked) => Promise<void>,
): Promise<void> {
  const backend = new EpollBackend(SILENT);
  const targets: Conn[] = [];
  const listener = backend.listen({ host: HOST, port: 0 }, {
    accepted(conn) {
      targets.push(conn);
      conn.handler = {
        readable: () => {
          if (conn.read(new Uint8Array(99)) > 0) serve(conn);
        },
        writable() {},
        failed() {},
      };
      conn.handler.readable();
    },
    acceptFailed: (error) => {
      throw error;
    },
  });
  const exit = new Exit({
    dialer: fastDialer(backend),
    logger: SILENT,
    observer: () => {},
  });
  const pair = openPair(
    true,
    (channel, target) => exit.accept(channel, target),
    {
      atTurnEnd: (task) => backend.atTurnEnd(task),
    },
  );
  const arrivals: string[][] = [];
  pair.entryEnd.onReceive = (message) => {
    const types = arrivalsOf(message);
    if (types.length > 0) arrivals.push(types);
  };
  try {
    const recorder = new Recorder();
    const first = ENCODER.encode("hello");
    recorder.channel = pair.entry.open(
      { host: HOST, port: listener.addr.port },
      recorder,
      { first },
    );
    await check({ recorder, arrivals });
  } finally {
    await closePair(pair);
    for (const conn of targets) conn.close();
    listener.close();
    await backend.idle();
  }
}

Deno.test("an answer to what was in the SYN comes together with CONNECT_RESPONSE", async () => {
  await ask((conn) => {
    conn.write(ENCODER.encode("answer"));
    conn.closeWrite();
  }, async ({ recorder, arrivals }) => {
    await within(recorder.isEnded.promise);
    assertEquals(recorder.bytes, ENCODER.encode("answer"));
    assertEquals(arrivals[0]!.slice(0, 2), ["connectResponse", "data"]);
  });
});

Deno.test("a target that thinks before it answers is told of all the same", async () => {
  let answer = () => {};
  await ask((conn) => {
    answer = () => {
      conn.write(ENCODER.encode("answer"));
      conn.closeWrite();
    };
  }, async ({ recorder, arrivals }) => {
    await within(recorder.isOpen.promise);
    assertEquals(arrivals.flat().filter((type) => type !== "window"), [
      "connectResponse",
    ]);
    assertEquals(recorder.byteCount, 0);
    answer();
    await within(recorder.isEnded.promise);
    assertEquals(recorder.bytes, ENCODER.encode("answer"));
  });
});

Deno.test("a target that resets at once was reached before it failed", async () => {
  await ask((conn) => conn.reset(), async ({ recorder, arrivals }) => {
    const error = await within(recorder.isClosed.promise);
    assert(error);
    assertEquals(arrivals.flat()[0], "connectResponse");
  });
});

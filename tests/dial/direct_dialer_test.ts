import { assert, assertEquals, assertRejects } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import type { Dialer } from "../../lib/dial/dialer.ts";
import { directDialer } from "../../lib/dial/direct_dialer.ts";
import type { FastOpenPolicy } from "../../lib/dial/fast_open_dialer.ts";
import type { Backend, Listener } from "../../lib/net/backend.ts";
import { fastOpenSupport, wasAttempted } from "../../lib/net/fast_open.ts";
import { Resolver } from "../../lib/net/resolver.ts";
import { Acceptor } from "../net/_acceptor.ts";
import { HAS_IPV6, testCases, testOnEpoll } from "../net/_backends.ts";
import { EventConn } from "../net/_event_conn.ts";
import { silentAddress } from "../net/_silent_address.ts";
import { bytesOf } from "./_proxies.ts";

const NAME = "many.test";
const GET = bytesOf("GET / HTTP/1.1\r\n\r\n");
const UNKNOWN = bytesOf("not safe to repeat");

/** A dialer for whom `NAME` has these addresses. */
function dialerFor(
  backend: Backend,
  addresses: string[],
  options: FastOpenPolicy = {},
): Dialer {
  const resolver = new Resolver({
    lookup: (_, family) => {
      const found = addresses.filter((one) =>
        one.includes(":") === (family === 6)
      );
      return found.length > 0
        ? Promise.resolve(found)
        : Promise.reject(new Error("none"));
    },
  });
  return directDialer(backend, resolver, options);
}

/** Listens at one of the addresses of this machine. */
function listenAt(
  backend: Backend,
  host: string,
  port = 0,
): { listener: Listener; acceptor: Acceptor; port: number } {
  const acceptor = new Acceptor();
  const options = { host, port, fastOpen: backend.name === "epoll" };
  const listener = backend.listen(options, acceptor);
  return { listener, acceptor, port: listener.addr.port };
}

/** Dials, closes both ends, and tells which address has won. */
async function winnerOf(
  dialer: Dialer,
  port: number,
  acceptor: Acceptor,
): Promise<string> {
  const { conn, sent } = await dialer.dial({ host: NAME, port });
  assertEquals(sent, 0);
  const { host } = conn.remote;
  conn.close();
  (await acceptor.next()).close();
  return host;
}

testCases([
  {
    name: "AddressRace goes on at once when an address refuses",
    linuxOnly: true,
    async run(backend) {
      const { listener, acceptor, port } = listenAt(backend, "127.0.0.7");
      const addresses = [2, 3, 4, 5, 6, 7].map((last) => `127.0.0.${last}`);
      const dialer = dialerFor(backend, addresses);
      const start = performance.now();
      assertEquals(await winnerOf(dialer, port, acceptor), "127.0.0.7");
      // Five attempts of 250 ms each would take longer.
      assert(performance.now() - start < 1000);
      listener.close();
    },
  },
  {
    name: "AddressRace tries both families",
    ignore: !HAS_IPV6,
    async run(backend) {
      const dialer = dialerFor(backend, ["127.0.0.1", "::1"]);
      for (const host of ["127.0.0.1", "::1"]) {
        const { listener, acceptor, port } = listenAt(backend, host);
        assertEquals(await winnerOf(dialer, port, acceptor), host);
        listener.close();
      }
    },
  },
  {
    name: "AddressRace does not wait long for an address that is silent",
    linuxOnly: true,
    async run(backend) {
      using silent = silentAddress();
      const { port } = silent.address;
      const { listener, acceptor } = listenAt(backend, "127.0.0.2", port);
      const dialer = dialerFor(backend, ["127.0.0.1", "127.0.0.2"]);
      // The loser is gone: `idle` of the backend would wait for it.
      assertEquals(await winnerOf(dialer, port, acceptor), "127.0.0.2");
      listener.close();
    },
  },
  {
    name: "AddressRace says what tells most when all addresses fail",
    linuxOnly: true,
    async run(backend) {
      const { listener, port } = listenAt(backend, "127.0.0.1");
      listener.close();
      for (
        const addresses of [
          ["127.0.0.2", "127.0.0.3"],
          // A broadcast address: the network is unreachable.
          ["127.0.0.2", "255.255.255.255"],
          ["255.255.255.255", "127.0.0.2"],
        ]
      ) {
        const dialer = dialerFor(backend, addresses);
        const error = await assertRejects(
          () => dialer.dial({ host: NAME, port }),
          TunnelError,
        );
        assertEquals(error.code, "refused", addresses.join());
      }
    },
  },
  {
    name: "AddressRace tries eight addresses at most",
    linuxOnly: true,
    async run(backend) {
      const { listener, acceptor, port } = listenAt(backend, "127.0.0.19");
      const addresses = (first: number, last: number) =>
        Array.from(
          { length: last - first + 1 },
          (_, i) => `127.0.0.${first + i}`,
        );
      const eight = dialerFor(backend, addresses(12, 19));
      assertEquals(await winnerOf(eight, port, acceptor), "127.0.0.19");
      const nine = dialerFor(backend, addresses(11, 19));
      const error = await assertRejects(
        () => nine.dial({ host: NAME, port }),
        TunnelError,
      );
      assertEquals(error.code, "refused");
      listener.close();
    },
  },
  {
    name: "AddressRace says that a name has no addresses",
    async run(backend) {
      const error = await assertRejects(
        () => dialerFor(backend, []).dial({ host: NAME, port: 1 }),
        TunnelError,
        NAME,
      );
      assertEquals(error.code, "name");
    },
  },
  {
    name: "AddressRace gives up with the signal's reason",
    linuxOnly: true,
    async run(backend) {
      using one = silentAddress();
      const { port } = one.address;
      const target = { host: NAME, port };
      const reason = new TunnelError("timeout", "took too long");
      for (const addresses of [["127.0.0.1"], ["127.0.0.1", "127.0.0.1"]]) {
        const giveUp = new AbortController();
        const { signal } = giveUp;
        const dialing = dialerFor(backend, addresses).dial(target, { signal });
        giveUp.abort(reason);
        assertEquals(await dialing.catch((error) => error), reason);
        // Another one has given up before it begins.
        const late = dialerFor(backend, addresses).dial(target, { signal });
        assertEquals(await late.catch((error) => error), reason);
      }
    },
  },
  {
    name: "AddressRace gives up a lookup with the signal's reason",
    async run(backend) {
      const never = new Promise<string[]>(() => {});
      const resolver = new Resolver({ lookup: () => never });
      const giveUp = new AbortController();
      const dialing = directDialer(backend, resolver).dial(
        { host: NAME, port: 1 },
        { signal: giveUp.signal },
      );
      const reason = new TunnelError("timeout", "took too long");
      giveUp.abort(reason);
      assertEquals(await dialing.catch((error) => error), reason);
    },
  },
]);

const FAST = fastOpenSupport();
const NO_FAST_OPEN = !FAST.dial.supported || !FAST.listen.supported;
// deno-lint-ignore no-console -- the reason belongs to the test's output
if (NO_FAST_OPEN) console.log("skipped: no TCP Fast Open here");

/** Whether the conn that won has tried to put `first` into its SYN. */
async function fastOpenOf(
  backend: Backend,
  addresses: string[],
  first: Uint8Array,
  options: FastOpenPolicy & { mayRepeat?: boolean },
): Promise<boolean> {
  const last = addresses.at(-1)!;
  const { listener, acceptor, port } = listenAt(backend, last);
  const { mayRepeat, ...rest } = options;
  const dialer = dialerFor(backend, addresses, rest);
  const dialed = await dialer.dial({ host: NAME, port }, {
    first,
    ...(mayRepeat === undefined ? {} : { mayRepeat }),
  });
  const conn = new EventConn(dialed.conn);
  const attempted = wasAttempted(dialed.conn.fastOpen);
  assert(attempted || dialed.sent === 0);
  // Whatever went in the SYN, the target gets all of it once.
  await conn.writeAll(first.subarray(dialed.sent));
  conn.closeWrite();
  const far = await acceptor.next();
  assertEquals(await far.readAll(), first);
  far.close();
  conn.close();
  listener.close();
  return attempted;
}

if (!NO_FAST_OPEN) {
  testOnEpoll(
    "FastOpenDialer puts safe first bytes into the SYN",
    async (backend) => {
      const fast = (
        first: Uint8Array,
        options: Parameters<typeof fastOpenOf>[3],
      ) => fastOpenOf(backend, ["127.0.0.1"], first, options);
      assertEquals(await fast(GET, { fastOpen: true }), true);
      assertEquals(await fast(GET, {}), false);
      assertEquals(await fast(GET, { anyBytes: true }), false);
      assertEquals(await fast(UNKNOWN, { fastOpen: true }), false);
      assertEquals(
        await fast(UNKNOWN, { fastOpen: true, anyBytes: true }),
        true,
      );
      assertEquals(
        await fast(UNKNOWN, { fastOpen: true, mayRepeat: true }),
        true,
      );
      assertEquals(await fast(UNKNOWN, { mayRepeat: true }), false);
      assertEquals(await fast(GET, { fastOpen: true, mayRepeat: false }), true);
      assertEquals(await fast(new Uint8Array(0), { fastOpen: true }), false);
    },
  );

  testOnEpoll(
    "AddressRace uses Fast Open for the first attempt only",
    async (backend) => {
      const addresses = ["127.0.0.2", "127.0.0.3"];
      const second = await fastOpenOf(backend, addresses, GET, {
        fastOpen: true,
      });
      assertEquals(second, false);
      const only = await fastOpenOf(backend, ["127.0.0.3"], GET, {
        fastOpen: true,
      });
      assertEquals(only, true);
    },
  );

  testOnEpoll(
    "AddressRace uses Fast Open behind an address without a way to it",
    async (backend) => {
      // TCP has no way to a multicast address; so it is with IPv6 elsewhere.
      const addresses = ["224.0.0.1", "127.0.0.3"];
      const second = await fastOpenOf(backend, addresses, GET, {
        fastOpen: true,
      });
      assertEquals(second, true);
    },
  );
}

import { assert, assertEquals, assertRejects } from "@std/assert";
import { FastOpenMemory } from "../../lib/dial/fast_open_memory.ts";
import { directDialer } from "../../lib/dial/direct_dialer.ts";
import { TunnelError } from "../../lib/base/errors.ts";
import { Resolver } from "../../lib/net/resolver.ts";
import { Acceptor } from "../net/_acceptor.ts";
import { testOnEpoll } from "../net/_backends.ts";
import { silentAddress } from "../net/_silent_address.ts";
import { bytesOf } from "./_proxies.ts";

const NAME = "many.test";
const FIRST = bytesOf("GET / HTTP/1.1\r\n\r\n");

testOnEpoll(
  "FastOpenDialer goes plain where its memory says so",
  async (backend) => {
    const acceptor = new Acceptor();
    const listener = backend.listen({ host: "127.0.0.1", port: 0 }, acceptor);
    const memory = new FastOpenMemory();
    const address = listener.addr;
    memory.learn(address, "synRepeated");
    const dialer = directDialer(backend, new Resolver(), {
      fastOpen: true,
      memory,
    });
    const { conn, sent } = await dialer.dial(listener.addr, { first: FIRST });
    const { result, reason } = conn.fastOpen;
    assertEquals([result, sent], ["avoided", 0]);
    assert(reason!.includes("does not take Fast Open SYNs"), reason);
    conn.close();
    (await acceptor.next()).close();
    // Without data for the SYN there is nothing to avoid.
    const without = await dialer.dial(listener.addr);
    assertEquals(without.conn.fastOpen.result, "off");
    without.conn.close();
    (await acceptor.next()).close();
    listener.close();
  },
);

testOnEpoll(
  "AddressRace remembers an address that another one has overtaken",
  async (backend) => {
    using silent = silentAddress();
    const { host, port } = silent.address;
    const acceptor = new Acceptor();
    const listener = backend.listen({ host: "127.0.0.2", port }, acceptor);
    const memory = new FastOpenMemory();
    const resolver = new Resolver({
      lookup: (_, family) =>
        Promise.resolve(family === 4 ? [host, "127.0.0.2"] : []),
    });
    const dialer = directDialer(backend, resolver, {
      fastOpen: true,
      memory,
    });
    const target = { host: NAME, port };
    const { conn } = await dialer.dial(target, { first: FIRST });
    assertEquals(conn.remote.host, "127.0.0.2");
    assertEquals(
      memory.avoids(silent.address)?.result,
      "avoided",
    );
    assertEquals(memory.avoids(conn.remote), undefined);
    conn.close();
    (await acceptor.next()).close();
    listener.close();
  },
);

testOnEpoll(
  "FastOpenDialer learns from a dial that is given up as late as a timeout",
  async (backend) => {
    using silent = silentAddress();
    const dialer = (memory: FastOpenMemory) =>
      directDialer(backend, new Resolver(), {
        fastOpen: true,
        memory,
      });
    for (
      const { code, result } of [
        { code: "timeout", result: "avoided" },
        // An app that leaves at once says nothing of the target.
        { code: "closed", result: undefined },
      ] as const
    ) {
      const memory = new FastOpenMemory();
      const giveUp = new AbortController();
      const { signal } = giveUp;
      const dialing = dialer(memory).dial(silent.address, {
        first: FIRST,
        signal,
      });
      giveUp.abort(new TunnelError(code, "given up"));
      await assertRejects(() => dialing, TunnelError, "given up");
      const address = silent.address;
      assertEquals(memory.avoids(address)?.result, result);
    }
  },
);

testOnEpoll(
  "FastOpenDialer learns nothing from a refusal",
  async (backend) => {
    const listener = backend.listen(
      { host: "127.0.0.1", port: 0 },
      new Acceptor(),
    );
    const { addr } = listener;
    listener.close();
    const memory = new FastOpenMemory();
    const dialer = directDialer(backend, new Resolver(), {
      fastOpen: true,
      memory,
    });
    const dial = () => dialer.dial(addr, { first: FIRST });
    await assertRejects(dial, TunnelError, "refused");
    assertEquals(memory.avoids(addr), undefined);
  },
);

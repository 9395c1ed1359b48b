import { assertEquals } from "@std/assert";
import type { Client } from "../../mod.ts";
import { associate } from "../e2e/_udp_app.ts";
import { within } from "../ffi/within.ts";
import { CONNECTOR_TOKEN, REVERSE_TOKEN, testModes, until } from "./_modes.ts";
import { HELLO, LOCAL } from "./_traffic.ts";
import { UdpPeer, wrap } from "./_udp_stage.ts";

const AGENT = {
  reverse: { token: REVERSE_TOKEN, connectorToken: CONNECTOR_TOKEN },
};

/** Datagrams there and back; the provider's side ends with the app's. */
async function carryDatagrams(
  { counters }: Client,
  port: number,
): Promise<void> {
  await using app = await UdpPeer.bind();
  await using echo = await UdpPeer.bind(LOCAL, true);
  const { control, port: udpPort } = await associate(port);
  for (const host of [LOCAL, "localhost"]) {
    await app.send(wrap(host, echo.port, HELLO), udpPort);
    const { payload, source } = await within(app.nextAnswer());
    assertEquals(payload, HELLO);
    assertEquals(source, { host: LOCAL, port: echo.port });
  }
  control.close();
  await until(() => counters.count("dissociated") === 1);
  assertEquals(counters.count("datagrams", { direction: "up" }), 2);
}

testModes("[43] reverse mode carries datagrams", AGENT, async (modes) => {
  const provider = await modes.provider();
  await carryDatagrams(provider, await modes.socksPort());
});

testModes("[43] agent mode carries datagrams", AGENT, async (modes) => {
  const provider = await modes.provider();
  await carryDatagrams(provider, await modes.connector());
});

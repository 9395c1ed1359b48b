import { ChannelJoin } from "../../lib/join/channel_join.ts";
import { DatagramJoin } from "../../lib/join/datagram_join.ts";
import { Session, type SessionOptions } from "../../lib/session/session.ts";
import { atTurnEnd } from "../session/_sessions.ts";
import { MemoryTransport } from "../session/_transport_pair.ts";

/** A connector and a provider with a relay between them. */
export interface Relay {
  /** Opens channels. */
  connector: Session;
  /** The relay's session with the connector. */
  near: Session;
  /** The relay's session with the provider. */
  far: Session;
  /** Is asked for channels. */
  provider: Session;
  /** Below `connector`. */
  connectorEnd: MemoryTransport;
  /** Below `provider`. */
  providerEnd: MemoryTransport;
  /** Joins that have not finished. */
  joins: Set<ChannelJoin | DatagramJoin>;
}

/** Which hops have the extension. */
export interface Hops {
  /** Connector to relay. */
  nearV1: boolean;
  /** Relay to provider. */
  farV1: boolean;
}

/** All four. */
export const HOPS: readonly Hops[] = [true, false].flatMap((nearV1) =>
  [true, false].map((farV1) => ({ nearV1, farV1 }))
);

/** For the names of tests. */
export function describeHops({ nearV1, farV1 }: Hops): string {
  const kind = (v1: boolean) => v1 ? "v1" : "old";
  return `${kind(nearV1)} connector, ${kind(farV1)} provider`;
}

/**
 * Joins everything that the connector opens to the provider.
 *
 * @param join When to open the far channel: at once, unless the test decides
 */
export function openRelay(
  { nearV1, farV1 }: Hops,
  provider: Partial<SessionOptions>,
  join: (connect: () => void, refuse: () => void) => void = (go) => go(),
): Relay {
  const [connectorEnd, nearEnd] = MemoryTransport.pair();
  const [farEnd, providerEnd] = MemoryTransport.pair();
  const joins: Relay["joins"] = new Set();
  const far = new Session(farEnd, { v1: farV1, atTurnEnd });
  const near = new Session(nearEnd, {
    v1: nearV1,
    atTurnEnd,
    accept(channel, target) {
      const one = new ChannelJoin(channel, target, {
        started: () =>
          join(() => one.connect(far), () => one.refuse("no provider")),
        finished: () => joins.delete(one),
      });
      joins.add(one);
      return one.owner;
    },
    acceptDatagrams(channel) {
      const one = new DatagramJoin(channel, () => joins.delete(one));
      joins.add(one);
      join(() => one.connect(far), () => one.refuse("no provider"));
      return one;
    },
  });
  return {
    connector: new Session(connectorEnd, { v1: nearV1, atTurnEnd }),
    near,
    far,
    provider: new Session(providerEnd, { v1: farV1, atTurnEnd, ...provider }),
    connectorEnd,
    providerEnd,
    joins,
  };
}

/** Closes all four and waits until they are. */
export async function closeRelay(relay: Relay): Promise<void> {
  relay.connector.close();
  relay.provider.close();
  for (const { closed } of [relay.connector, relay.near]) await closed;
  for (const { closed } of [relay.far, relay.provider]) await closed;
  await settled();
}

/** Resolves when all that was sent has arrived, over both hops. */
export async function settled(): Promise<void> {
  // What a session sends at the end of a turn is not under way yet.
  for (let hop = 0; hop < 4; hop++) {
    await new Promise((resolve) => setTimeout(resolve, 0));
    await MemoryTransport.settled();
  }
}

import type { Host, Stage } from "./stage.ts";
import {
  startNothing,
  startOurs,
  startOurServer,
  startReference,
  startShadowsocks,
  type System,
} from "./systems.ts";

/** One way to ask: one line of the tables. */
export interface Row {
  /** Short name, for `--rows` and the JSON. */
  readonly id: string;
  /** What it is. */
  readonly label: string;
  /** Part of `--quick`. */
  readonly main: boolean;
  /** Round trips that it should take: `[T, D]`. */
  readonly expected: readonly [t: number, d: number];
  /** The app puts its request into the SYN; only without a proxy. */
  readonly fastOpen?: boolean;
  /** Where the kernel forgets all cookies before each request. */
  readonly forget?: readonly Host[];
  /** Starts what it needs. */
  start(stage: Stage): Promise<System>;
}

const HOPS = ["socks", "ws", "tunnel", "target"] as const;

/** What each hop does for a warm tunnel: only the last dial is per request. */
const WITHOUT: readonly Row[] = HOPS.map((hop) => {
  const tfo = HOPS.filter((other) => other !== hop).join();
  return {
    id: `warm-without-${hop}`,
    label: `warm, \`-f --tfo ${tfo}\``,
    main: false,
    expected: [1, hop === "target" ? 2 : 1],
    start: (stage) => startOurs(stage, { tfo, optimistic: true }),
  };
});

/** Without a tunnel, each hop counts but the first, which is on one host. */
const COLD_WITHOUT: readonly Row[] = HOPS.map((hop) => {
  const tfo = HOPS.filter((other) => other !== hop).join();
  const tunnel = hop === "ws" || hop === "tunnel" ? 3 : 2;
  return {
    id: `cold-without-${hop}`,
    label: `cold, \`-f --tfo ${tfo}\``,
    main: false,
    expected: [tunnel, hop === "target" ? 2 : 1],
    start: (stage) => startOurServer(stage, { tfo, optimistic: true }),
  };
});

/** All rows, in the order of the tables. */
export const ROWS: readonly Row[] = [
  {
    id: "direct",
    label: "no proxy",
    main: true,
    expected: [2, 2],
    fastOpen: false,
    start: startNothing,
  },
  {
    id: "direct-tfo",
    label: "no proxy, TCP Fast Open",
    main: true,
    expected: [1, 1],
    fastOpen: true,
    start: startNothing,
  },
  {
    id: "warm-plain",
    label: "warm, plain (`--tfo off`)",
    main: true,
    expected: [2, 2],
    start: (stage) => startOurs(stage, { tfo: "off", optimistic: false }),
  },
  {
    id: "warm-optimistic",
    label: "warm, `-f --tfo off`",
    main: true,
    expected: [1, 2],
    start: (stage) => startOurs(stage, { tfo: "off", optimistic: true }),
  },
  {
    id: "warm-first-visit",
    label: "warm, `-f`, first visit to the target",
    main: true,
    expected: [1, 2],
    forget: ["server"],
    start: (stage) => startOurs(stage, { tfo: "auto", optimistic: true }),
  },
  {
    id: "warm",
    label: "warm, `-f`",
    main: true,
    expected: [1, 1],
    start: (stage) => startOurs(stage, { tfo: "auto", optimistic: true }),
  },
  ...WITHOUT,
  {
    id: "cold-plain",
    label: "cold, plain (`--tfo off`)",
    main: true,
    expected: [4, 2],
    start: (stage) => startOurServer(stage, { tfo: "off", optimistic: false }),
  },
  {
    id: "cold-optimistic",
    label: "cold, `-f --tfo off`",
    main: false,
    expected: [3, 2],
    start: (stage) => startOurServer(stage, { tfo: "off", optimistic: true }),
  },
  {
    id: "cold-first-visit",
    label: "cold, `-f`, first visit to server and target",
    main: true,
    expected: [3, 2],
    forget: ["client", "server"],
    start: (stage) => startOurServer(stage, { tfo: "auto", optimistic: true }),
  },
  {
    id: "cold",
    label: "cold, `-f`",
    main: true,
    expected: [2, 1],
    start: (stage) => startOurServer(stage, { tfo: "auto", optimistic: true }),
  },
  ...COLD_WITHOUT,
  {
    id: "shadowsocks",
    label: "shadowsocks-libev",
    main: true,
    expected: [2, 2],
    start: (stage) => startShadowsocks(stage, { fastOpen: false }),
  },
  {
    id: "shadowsocks-first-visit",
    label: "shadowsocks-libev, `fast_open`, first visit to server and target",
    main: false,
    expected: [2, 2],
    forget: ["client", "server"],
    start: (stage) => startShadowsocks(stage, { fastOpen: true }),
  },
  {
    id: "shadowsocks-tfo",
    label: "shadowsocks-libev, `fast_open`",
    main: true,
    expected: [1, 1],
    start: (stage) => startShadowsocks(stage, { fastOpen: true }),
  },
  {
    id: "linksocks",
    label: "LinkSocks 1.8.9",
    main: true,
    expected: [2, 2],
    start: (stage) => startReference(stage, { optimistic: false }),
  },
  {
    id: "linksocks-optimistic",
    label: "LinkSocks 1.8.9, `-f`",
    main: true,
    expected: [1, 2],
    start: (stage) => startReference(stage, { optimistic: true }),
  },
];

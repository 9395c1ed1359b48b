import { ALL_HOPS, type Hop } from "../base/hop.ts";
import { ConfigError } from "../base/errors.ts";

/** On which hops TCP Fast Open shall be used. */
export interface TfoChoice {
  /** The SOCKS listener: the app's greeting rides in its SYN. */
  socks: boolean;
  /** The WebSocket listener: the client's upgrade request rides in its SYN. */
  ws: boolean;
  /** The dial of the tunnel: our upgrade request rides in our SYN. */
  tunnel: boolean;
  /** The dial of a target: the first bytes of a channel ride in our SYN. */
  target: boolean;
  /** The user named these hops: an impossible one is worth a warning. */
  asked: boolean;
}

/**
 * Reads `auto` (all hops, wherever it is possible), `off`, or a list of hops
 * separated by commas.
 *
 * @param text What the user wrote.
 * @returns A choice for each hop.
 * @throws {ConfigError} If a word of the list is none of the hops.
 */
export function parseTfoChoice(text: string): TfoChoice {
  const word = text.trim();
  if (word === "auto") return choose(ALL_HOPS, false);
  if (word === "off") return choose([], false);
  const hops = word.split(",").map((hop) => hop.trim()).filter(Boolean);
  const wrong = hops.find((hop) => !ALL_HOPS.includes(hop as Hop));
  if (wrong !== undefined || hops.length === 0) {
    throw new ConfigError(
      "tfo",
      `must be auto, off or a list of ${ALL_HOPS.join(",")} but got ${
        JSON.stringify(wrong ?? text)
      }`,
    );
  }
  return choose(hops as Hop[], true);
}

function choose(hops: readonly Hop[], asked: boolean): TfoChoice {
  return {
    socks: hops.includes("socks"),
    ws: hops.includes("ws"),
    tunnel: hops.includes("tunnel"),
    target: hops.includes("target"),
    asked,
  };
}

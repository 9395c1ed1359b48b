import { fastOpenSupport, type Lack, PAUSE } from "../net/fast_open.ts";
import type { Finding } from "./check.ts";
import {
  type SynVerdict,
  timeText,
  trialFacts,
  type Trials,
  verdictOf,
} from "./trials.ts";

/** The peer, as findings name it. */
export interface Peer {
  /** Such as "the server". */
  readonly who: string;
  /** The command at the peer that lets it give cookies. */
  readonly enable: string;
  /** How to go without Fast Open on this hop. */
  readonly avoid: string;
}

/** Judges the path to a peer by its SYNs. */
export function judgeTrials(trials: Trials, peer: Peer): Finding {
  const verdict = verdictOf(trials);
  const facts = { ...trialFacts(trials), verdict };
  const { cold, warm } = trials;
  const taken = warm.filter(({ result }) => result === "acknowledged").length;
  const score = `${taken} of ${warm.length} SYNs`;
  switch (verdict) {
    case "works":
      return {
        status: "pass",
        detail: `${score} after the first carried ${cold.bytes} bytes that ` +
          `were acknowledged; ${timeText(trials)}` +
          (cold.result === "acknowledged" ? " (the cookie was known)" : ""),
        facts,
      };
    case "sometimes":
      return {
        status: "warn",
        detail: `only ${score} had their ${cold.bytes} bytes acknowledged; ` +
          timeText(trials),
        facts,
      };
    default:
      return { status: "fail", facts, ...explain(verdict, peer) };
  }
}

function explain(
  verdict: Exclude<SynVerdict, "works" | "sometimes">,
  { who, enable, avoid }: Peer,
): { detail: string; fix?: string } {
  switch (verdict) {
    case "unsupported": {
      const { dial } = fastOpenSupport();
      return dial.supported ? PAUSED : explainLack(dial);
    }
    case "noCookie":
      return {
        detail:
          `reached, but ${who} gives no cookie: Fast Open is off there, ` +
          "or the network removes the option from SYNs",
        fix: enable,
      };
    case "notAcknowledged":
      return {
        detail:
          `reached, but ${who} leaves the data of SYNs alone: this port has ` +
          "no Fast Open (another one of the address gave the cookie), its " +
          "queue is full, its key has changed, or the network takes the data out",
        fix: `nstat -az TcpExtTCPFastOpenListenOverflow (at ${who})`,
      };
    case "dataRefused":
      return {
        detail: `reached, but SYNs with data are refused: not by ${who}, ` +
          "which takes those without, but by something on the way",
        fix: avoid,
      };
    case "overtaken":
      return {
        detail:
          `reached, but at another address than the first one of ${who}, ` +
          "and only the first one is dialed with data in the SYN",
        fix: "dial an address that answers instead of the name",
      };
    case "synRepeated":
      return {
        detail: "SYNs with data, or with the option that asks for a cookie, " +
          "had to be repeated: something on the way drops them, and each " +
          "costs a second",
        fix: avoid,
      };
  }
}

function explainLack({ reason, fix }: Lack): { detail: string; fix: string } {
  return {
    detail: `reached, but without data in the SYN: ${reason}`,
    fix: fix ?? "see the checks of this machine",
  };
}

/** The finding while the kernel has Fast Open paused. */
export const PAUSED: Readonly<{ detail: string; fix: string }> = explainLack(
  PAUSE,
);

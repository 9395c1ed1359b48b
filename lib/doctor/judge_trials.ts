import { fastOpenSupport } from "../net/fast_open.ts";
import type { Finding } from "./check.ts";
import {
  type SynVerdict,
  timeText,
  trialFacts,
  type Trials,
  verdictOf,
} from "./trials.ts";

/** Who was dialled, for the words of a finding. */
export interface Peer {
  /** Such as "the server". */
  readonly who: string;
  /** The command at the peer that lets it give cookies. */
  readonly enable: string;
  /** How to go without Fast Open on this hop. */
  readonly avoid: string;
}

/** What the SYNs to a peer say of the path to it. */
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
      const reason = dial.supported ? "this machine cannot" : dial.reason;
      return {
        detail: `reached, but without data in the SYN: ${withoutFix(reason)}`,
        fix: fixOf(reason) ?? "see the checks of this machine",
      };
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
    case "synRepeated":
      return {
        detail: "SYNs with data, or with the option that asks for a cookie, " +
          "had to be repeated: something on the way drops them, and each " +
          "costs a second",
        fix: avoid,
      };
  }
}

const RUN = /; run: (.+)$/;

function withoutFix(reason: string): string {
  return reason.replace(RUN, "");
}

function fixOf(reason: string): string | undefined {
  return RUN.exec(reason)?.[1];
}

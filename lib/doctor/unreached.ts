import { formatTarget, type Target } from "../base/address.ts";
import { errorCode, errorText } from "../base/errors.ts";
import type { Check, Finding } from "./check.ts";

/** A check that dials a peer: when there is no conn, it says where to look. */
export function orUnreached(
  peer: Target,
  run: Check["run"],
): Check["run"] {
  return async (signal) => {
    try {
      return await run(signal);
    } catch (error) {
      const fix = whereToLook(errorCode(error), peer);
      const detail = errorText(error);
      const finding: Finding = { status: "fail", detail };
      return fix === undefined ? finding : { ...finding, fix };
    }
  };
}

function whereToLook(code: string, peer: Target): string | undefined {
  const { host, port } = peer;
  switch (code) {
    case "refused":
      return `ss -ltn 'sport = :${port}' (at ${host}: does anything listen?)`;
    case "name":
      return `getent hosts ${host} (does this machine know the name?)`;
    case "unreachable":
      return `ip route get ${host} (is there a way to it?)`;
    case "timeout":
      return `nc -vz ${host} ${port} (does a firewall drop it?)`;
    case "reset":
      return `curl -v telnet://${formatTarget(peer)} (who ends the conn?)`;
    default:
      return undefined;
  }
}

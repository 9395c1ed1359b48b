import { formatTarget, type Target } from "../base/address.ts";
import { errorCode } from "../base/errors.ts";

/**
 * What to try when a dial of `peer` failed; `undefined` if the error says
 * enough.
 */
export function whereToLook(error: unknown, peer: Target): string | undefined {
  const { host, port } = peer;
  switch (errorCode(error)) {
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

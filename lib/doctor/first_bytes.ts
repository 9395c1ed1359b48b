import { formatTarget, type Target } from "../base/address.ts";
import { clientHello } from "./client_hello.ts";

/**
 * First bytes for an unknown target: only what its port is expected to
 * understand and what may arrive twice: a HEAD request at 80, a ClientHello at
 * 443, and nothing anywhere else.
 */
export function firstBytesFor(
  target: Target,
): Uint8Array<ArrayBuffer> | undefined {
  switch (target.port) {
    case 80:
      return new TextEncoder().encode(
        `HEAD / HTTP/1.1\r\nHost: ${formatTarget(target).slice(0, -3)}\r\n` +
          "User-Agent: synsocks-doctor\r\nConnection: close\r\n\r\n",
      );
    case 443:
      return clientHello(target.host);
    default:
      return undefined;
  }
}

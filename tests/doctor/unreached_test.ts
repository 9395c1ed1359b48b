import { assertEquals } from "@std/assert";
import { TunnelError, type TunnelErrorCode } from "../../lib/base/errors.ts";
import { orUnreached } from "../../lib/doctor/unreached.ts";

const PEER = { host: "example.com", port: 443 };
const SIGNAL = new AbortController().signal;

for (
  const [code, fix] of [
    ["refused", "ss -ltn"],
    ["name", "getent hosts example.com"],
    ["unreachable", "ip route get example.com"],
    ["timeout", "nc -vz example.com 443"],
    ["reset", "curl -v telnet://example.com:443"],
    ["protocol", undefined],
  ] as const satisfies [TunnelErrorCode, string | undefined][]
) {
  Deno.test(`orUnreached() says where to look when a dial is "${code}"`, async () => {
    const run = orUnreached(PEER, () => {
      throw new TunnelError(code, "why");
    });
    const { status, detail, fix: found } = await run(SIGNAL);
    assertEquals({ status, detail }, { status: "fail", detail: "why" });
    assertEquals(found?.slice(0, fix?.length), fix);
  });
}

Deno.test("orUnreached() leaves what a check finds as it is", async () => {
  const finding = { status: "pass", detail: "reached" } as const;
  assertEquals(await orUnreached(PEER, () => finding)(SIGNAL), finding);
});

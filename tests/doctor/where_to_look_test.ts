import { assertEquals } from "@std/assert";
import { TunnelError, type TunnelErrorCode } from "../../lib/base/errors.ts";
import type { Check, CheckResult } from "../../lib/doctor/check.ts";
import { runChecks } from "../../lib/doctor/run_checks.ts";

const PEER = { host: "example.com", port: 443 };
const DEADLINE_MS = 10_000;

async function resultOf(run: Check["run"]): Promise<CheckResult> {
  const check = {
    id: "peer",
    title: "peer",
    group: "target",
    peer: PEER,
  } as const;
  const [result] = await runChecks([{ ...check, run }], DEADLINE_MS);
  return result!;
}

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
  Deno.test(`runChecks() says where to look when a dial is "${code}"`, async () => {
    const { status, detail, fix: found } = await resultOf(() => {
      throw new TunnelError(code, "why");
    });
    assertEquals({ status, detail }, { status: "fail", detail: "why" });
    assertEquals(found?.slice(0, fix?.length), fix);
  });
}

Deno.test("runChecks() leaves what a check finds as it is", async () => {
  const finding = { status: "pass", detail: "reached" } as const;
  const { status, detail, fix } = await resultOf(() => finding);
  assertEquals({ status, detail }, finding);
  assertEquals(fix, undefined);
});

import { assertEquals } from "@std/assert";
import { ffiSupport } from "../../ffi/mod.ts";
import { type Logger, SILENT } from "../../lib/base/logger.ts";
import type { Backend } from "../../lib/net/backend.ts";
import { DenoBackend } from "../../lib/net/deno_backend.ts";
import { EpollBackend } from "../../lib/net/epoll_backend.ts";
import { within } from "../ffi/within.ts";

// The C library stays open once it was opened: that must not be inside a test.
ffiSupport();

const LINUX = Deno.build.os === "linux";

/** Whether this machine has IPv6 on its loopback. */
export const HAS_IPV6: boolean = hasIpv6();

function hasIpv6(): boolean {
  try {
    using _listener = Deno.listen({ hostname: "::1", port: 0 });
    return true;
  } catch {
    return false;
  }
}

/** One thing that sockets must do, whoever makes them. */
export interface Case {
  /** `symbol() behavior`. */
  name: string;
  /** Sets its stage with system calls. */
  linuxOnly?: boolean;
  /** Cannot run on this machine. */
  ignore?: boolean;
  /** Closes all that it opens. */
  run(backend: Backend): Promise<void>;
}

const MAKERS: readonly {
  label: string;
  ignore: boolean;
  make(logger: Logger): Backend;
}[] = [
  {
    label: "epoll",
    ignore: !LINUX,
    make: (logger) => new EpollBackend(logger),
  },
  { label: "deno", ignore: false, make: () => new DenoBackend() },
];

async function runCase(
  test: Case,
  make: (logger: Logger) => Backend,
): Promise<void> {
  const unexpected: unknown[] = [];
  const backend = make({
    ...SILENT,
    error: (_message, fields) => void unexpected.push(fields?.error),
  });
  await within(test.run(backend), 20_000);
  await within(backend.idle());
  assertEquals(unexpected, []);
}

/** One test for each case and backend; each ends with nothing open. */
export function testCases(cases: readonly Case[]): void {
  for (const test of cases) {
    for (const { label, ignore, make } of MAKERS) {
      Deno.test({
        name: `${test.name} (${label})`,
        ignore: ignore || test.ignore === true ||
          (test.linuxOnly === true && !LINUX),
        fn: () => runCase(test, make),
      });
    }
  }
}

/** A single test with the sockets of epoll. */
export function testOnEpoll(
  name: string,
  run: (backend: EpollBackend) => Promise<void>,
): void {
  Deno.test({
    name,
    ignore: !LINUX,
    async fn() {
      const backend = new EpollBackend(SILENT);
      await within(run(backend));
      await within(backend.idle());
    },
  });
}

import { assertEquals, assertRejects } from "@std/assert";
import { runUntilStopped, systemSignals } from "../../lib/cli/signals.ts";
import { FakeRole, FakeSignals } from "./fake_context.ts";

/** A role whose close takes until the test ends it. */
class SlowRole extends FakeRole {
  override close(): Promise<void> {
    this.calls.push("close");
    return this.closed;
  }
}

Deno.test("runUntilStopped() closes the role at the first signal", async () => {
  const role = new SlowRole();
  const signals = new FakeSignals();
  let reported = 0;
  const ended = runUntilStopped(role, signals, {
    report: () => void reported++,
  });
  signals.raise("SIGUSR1");
  assertEquals([reported, role.calls.length], [1, 0]);
  signals.raise("SIGTERM");
  role.ending.resolve();
  assertEquals(await ended, "closed");
  assertEquals(role.calls, ["close"]);
  // And once at the end.
  assertEquals(reported, 2);
  assertEquals(signals.listeners, []);
});

Deno.test("runUntilStopped() aborts at the second signal and waits no longer", async () => {
  const role = new SlowRole();
  const signals = new FakeSignals();
  const ended = runUntilStopped(role, signals);
  signals.raise("SIGINT");
  signals.raise("SIGTERM");
  assertEquals(await ended, "aborted");
  assertEquals(role.calls, ["close", "abort"]);
  assertEquals(signals.listeners, []);
});

Deno.test("runUntilStopped() ends when the role ends by itself", async () => {
  const role = new FakeRole();
  const signals = new FakeSignals();
  const ended = runUntilStopped(role, signals);
  role.ending.resolve();
  assertEquals(await ended, "closed");
  assertEquals(role.calls, []);
  assertEquals(signals.listeners, []);
});

Deno.test("runUntilStopped() rejects with the error that ended the role", async () => {
  const role = new FakeRole();
  const signals = new FakeSignals();
  const ended = runUntilStopped(role, signals);
  role.ending.reject(new Error("lost"));
  await assertRejects(() => ended, Error, "lost");
  assertEquals(signals.listeners, []);
});

Deno.test("runUntilStopped() rejects when closing fails", async () => {
  const role = new FakeRole();
  role.close = () => Promise.reject(new Error("stuck"));
  const signals = new FakeSignals();
  const ended = runUntilStopped(role, signals);
  signals.raise("SIGINT");
  await assertRejects(() => ended, Error, "stuck");
  assertEquals(signals.listeners, []);
});

Deno.test("systemSignals() knows the signals of each system", () => {
  assertEquals(systemSignals("linux").names, ["SIGINT", "SIGTERM"]);
  assertEquals(systemSignals("darwin").names, ["SIGINT", "SIGTERM"]);
  assertEquals(systemSignals("windows").names, ["SIGINT", "SIGBREAK"]);
  assertEquals(systemSignals("linux").reports, ["SIGUSR1", "SIGUSR2"]);
  assertEquals(systemSignals("windows").reports, []);
});

Deno.test({
  name: "systemSignals() hears a real signal",
  ignore: Deno.build.os === "windows",
  async fn() {
    // Signal listeners alone do not keep the event loop running, sockets do.
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
    const accepting = listener.accept().catch(() => {});
    const role = new FakeRole();
    const ended = runUntilStopped(role, systemSignals());
    Deno.kill(Deno.pid, "SIGTERM");
    assertEquals(await ended, "closed");
    assertEquals(role.calls, ["close"]);
    listener.close();
    await accepting;
  },
});

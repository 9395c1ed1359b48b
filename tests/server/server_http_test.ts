import { assertEquals, assertStringIncludes } from "@std/assert";
import { startServer } from "../../mod.ts";
import { ffiSupport } from "../../ffi/mod.ts";

// Opens libc outside of the tests, which must not leave a library open.
ffiSupport();

const UPGRADE = {
  connection: "keep-alive, Upgrade",
  upgrade: "websocket",
  "sec-websocket-version": "13",
  "sec-websocket-key": "dGhlIHNhbXBsZSBub25jZQ==",
};

async function statusOf(
  port: number,
  path: string,
  headers: Record<string, string>,
): Promise<string> {
  using conn = await Deno.connect({ hostname: "127.0.0.1", port });
  const lines = [
    `GET ${path} HTTP/1.1`,
    "Host: x",
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  const bytes = new TextEncoder().encode(`${lines.join("\r\n")}\r\n\r\n`);
  await conn.write(bytes);
  const buffer = new Uint8Array(4096);
  const count = await conn.read(buffer);
  return new TextDecoder().decode(buffer.subarray(0, count ?? 0));
}

Deno.test("[4] startServer() answers each path as the protocol says", async () => {
  const server = await startServer({
    token: "t",
    hostname: "127.0.0.1",
    port: 0,
    gracePeriodMs: 0,
  });
  const { port } = server.addr;
  for (
    const { path, headers, expected } of [
      { path: "/", headers: {}, expected: "200" },
      { path: "/other", headers: UPGRADE, expected: "404" },
      { path: "/socket", headers: {}, expected: "400" },
      { path: "/socket", headers: UPGRADE, expected: "101" },
      { path: "/socket/", headers: UPGRADE, expected: "101" },
      { path: "/socket/x", headers: UPGRADE, expected: "101" },
      {
        path: "/socket",
        headers: { ...UPGRADE, connection: "close" },
        expected: "400",
      },
      {
        path: "/socket",
        headers: { ...UPGRADE, "sec-websocket-version": "8" },
        expected: "400",
      },
      {
        path: "/socket",
        headers: { upgrade: "websocket", connection: "upgrade" },
        expected: "400",
      },
    ]
  ) {
    const text = await statusOf(port, path, headers);
    assertStringIncludes(text.split("\r\n")[0]!, `HTTP/1.1 ${expected}`);
  }
  assertEquals(server.sessionCount, 0);
  await server.close();
});

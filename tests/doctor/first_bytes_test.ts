import { assert, assertEquals, assertThrows } from "@std/assert";
import { ConfigError } from "../../lib/base/errors.ts";
import { isSafeToRepeat } from "../../lib/dial/safe_to_repeat.ts";
import { clientHello } from "../../lib/doctor/client_hello.ts";
import { firstBytesFor } from "../../lib/doctor/first_bytes.ts";
import { parseTarget } from "../../lib/doctor/target_check.ts";
import { makeCertificates, NO_OPENSSL } from "../e2e/_certificates.ts";
import { within } from "../ffi/within.ts";

for (const host of ["example.com", "192.0.2.1", "2001:db8::1"]) {
  Deno.test(`firstBytesFor() may be repeated for ${host}`, () => {
    for (const port of [80, 443]) {
      assert(isSafeToRepeat(firstBytesFor({ host, port })!));
    }
    assertEquals(firstBytesFor({ host, port: 25 }), undefined);
  });
}

Deno.test("firstBytesFor() asks port 80 for the head of its first page", () => {
  const text = (host: string) =>
    new TextDecoder().decode(firstBytesFor({ host, port: 80 }));
  assert(text("a.b").startsWith("HEAD / HTTP/1.1\r\nHost: a.b\r\n"));
  assert(text("::1").includes("\r\nHost: [::1]\r\n"));
  assert(text("a.b").endsWith("\r\nConnection: close\r\n\r\n"));
});

Deno.test("clientHello() names the host, but no address", () => {
  const names = (host: string) =>
    new TextDecoder("latin1").decode(clientHello(host)).includes(host);
  assert(names("example.com"));
  assert(!names("192.0.2.1"));
});

Deno.test({
  name: "clientHello() is answered by a ServerHello",
  ignore: NO_OPENSSL,
  async fn() {
    const { cert, key } = await makeCertificates();
    using listener = Deno.listenTls({
      hostname: "127.0.0.1",
      port: 0,
      cert,
      key,
    });
    const serving = (async () => {
      using conn = await listener.accept();
      // Ends with an error: nobody finishes the handshake.
      await conn.handshake().catch(() => {});
    })();
    {
      using conn = await Deno.connect({ port: listener.addr.port });
      await conn.write(clientHello("localhost"));
      const answer = new Uint8Array(6);
      await within(conn.read(answer));
      // A handshake record with a ServerHello: RFC 8446, sections 5.1 and 4.
      assertEquals([answer[0], answer[5]], [22, 2]);
    }
    await within(serving);
  },
});

Deno.test("parseTarget() reads names and addresses", () => {
  assertEquals(parseTarget("a.b:80"), { host: "a.b", port: 80 });
  assertEquals(parseTarget("[::1]:443"), { host: "::1", port: 443 });
});

for (
  const text of ["a.b", "a.b:0", "a.b:65536", "::1:80", "a b:1", ":80", ""]
) {
  Deno.test(`parseTarget() refuses ${JSON.stringify(text)}`, () => {
    assertThrows(() => parseTarget(text), ConfigError, "target");
  });
}

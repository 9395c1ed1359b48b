import { assertEquals, assertThrows } from "@std/assert";
import {
  formatIpv6,
  packSockaddr,
  packUnixPath,
  parseIpv4,
  parseIpv6,
  unmapIpv4,
  unpackSockaddr,
} from "../../ffi/sockaddr.ts";

for (
  const { host, port, expected } of [
    {
      host: "127.0.0.1",
      port: 8080,
      expected: "0200 1f90 7f000001 0000000000000000",
    },
    {
      host: "255.255.255.255",
      port: 65_535,
      expected: "0200 ffff ffffffff 0000000000000000",
    },
    {
      host: "0.0.0.0",
      port: 0,
      expected: "0200 0000 00000000 0000000000000000",
    },
    {
      host: "2001:db8::1:2",
      port: 443,
      expected: "0a00 01bb 00000000 20010db8000000000000000000010002 00000000",
    },
    {
      host: "::",
      port: 1,
      expected: "0a00 0001 00000000 00000000000000000000000000000000 00000000",
    },
  ]
) {
  Deno.test(`packSockaddr() lays out ${host} port ${port}`, () => {
    const bytes = packSockaddr({ host, port });
    assertEquals(bytes.toHex(), expected.replaceAll(" ", ""));
    assertEquals(unpackSockaddr(bytes), { host, port });
  });
}

for (const host of ["", "localhost", "1.2.3", "[::1]", "::1%lo", "1.2.3.4 "]) {
  Deno.test(`packSockaddr() refuses the host "${host}"`, () => {
    assertThrows(
      () => packSockaddr({ host, port: 1 }),
      TypeError,
      `"${host}" is not an IP address`,
    );
  });
}

for (const port of [-1, 65_536, 1.5, NaN]) {
  Deno.test(`packSockaddr() refuses the port ${port}`, () => {
    assertThrows(
      () => packSockaddr({ host: "127.0.0.1", port }),
      RangeError,
      `${port} is not a port`,
    );
  });
}

Deno.test("unpackSockaddr() shows an IPv4 peer of a dual-stack socket as IPv4", () => {
  const bytes = packSockaddr({ host: "::ffff:192.0.2.7", port: 80 });
  assertEquals(unpackSockaddr(bytes), { host: "192.0.2.7", port: 80 });
});

Deno.test("unpackSockaddr() leaves an address alone that only looks mapped", () => {
  const bytes = packSockaddr({ host: "::1:ffff:c000:207", port: 80 });
  assertEquals(unpackSockaddr(bytes).host, "::1:ffff:c000:207");
});

Deno.test("unpackSockaddr() gives an empty host for a Unix socket", () => {
  assertEquals(unpackSockaddr(packUnixPath("/tmp/x")), { host: "", port: 0 });
});

// RFC 5952, section 4: what may be written, and how it is written again.
for (
  const { text, expected } of [
    {
      text: "2001:0db8:0000:0000:0001:0000:0000:0001",
      expected: "2001:db8::1:0:0:1",
    },
    { text: "2001:db8:0:0:0:0:2:1", expected: "2001:db8::2:1" },
    { text: "2001:db8:0:1:1:1:1:1", expected: "2001:db8:0:1:1:1:1:1" },
    { text: "2001:0:0:1:0:0:0:1", expected: "2001:0:0:1::1" },
    { text: "2001:db8:0:0:1:0:0:1", expected: "2001:db8::1:0:0:1" },
    { text: "2001:DB8::ABCD", expected: "2001:db8::abcd" },
    { text: "0:0:0:0:0:0:0:0", expected: "::" },
    { text: "::1", expected: "::1" },
    { text: "1::", expected: "1::" },
    { text: "1:2:3:4:5:6:7::", expected: "1:2:3:4:5:6:7:0" },
    { text: "::2:3:4:5:6:7:8", expected: "0:2:3:4:5:6:7:8" },
    { text: "1:0:0:2:3:4:0:0", expected: "1::2:3:4:0:0" },
    { text: "fe80:0:0:0:0:0:0:0", expected: "fe80::" },
    { text: "::192.0.2.1", expected: "::c000:201" },
    { text: "64:ff9b::192.0.2.33", expected: "64:ff9b::c000:221" },
    { text: "1:2:3:4:5:6:1.2.3.4", expected: "1:2:3:4:5:6:102:304" },
  ]
) {
  Deno.test(`formatIpv6() writes ${text} as ${expected}`, () => {
    assertEquals(formatIpv6(parseIpv6(text)!), expected);
  });
}

for (
  const text of [
    "",
    ":",
    ":::",
    "1",
    "1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:8:9",
    "1:2:3:4:5:6:7:8::",
    "1::2::3",
    ":1:2:3:4:5:6:7",
    "1:2:3:4:5:6:7:",
    "12345::",
    "g::",
    "::1%eth0",
    "[::1]",
    "::1.2.3",
    "::1.2.3.256",
    "1.2.3.4::",
    "1:2:3:4:5:6:7:1.2.3.4",
    " ::1",
  ]
) {
  Deno.test(`parseIpv6() refuses "${text}"`, () => {
    assertEquals(parseIpv6(text), undefined);
  });
}

for (
  const text of ["", "1.2.3", "1.2.3.4.5", "256.1.1.1", "01.2.3.4", "1.2.3.-4"]
    .concat("1.2.3.4.", "a.b.c.d", "1..2.3", "0x7f.0.0.1", "+1.2.3.4")
) {
  Deno.test(`parseIpv4() refuses "${text}"`, () => {
    assertEquals(parseIpv4(text), undefined);
  });
}

Deno.test("packUnixPath() lays out a path with its zero", () => {
  assertEquals(packUnixPath("/a/ä").toHex(), "0100" + "2f612fc3a4" + "00");
});

Deno.test("packUnixPath() counts bytes and takes 107, not 108", () => {
  assertEquals(packUnixPath("ä".repeat(53) + "x").length, 2 + 107 + 1);
  assertThrows(
    () => packUnixPath("ä".repeat(54)),
    RangeError,
    "Cannot pack path: 108 bytes are over 107",
  );
});

for (
  const { host, expected } of [
    { host: "::ffff:192.0.2.1", expected: "192.0.2.1" },
    { host: "192.0.2.1", expected: "192.0.2.1" },
    { host: "::192.0.2.1", expected: "::192.0.2.1" },
    { host: "::ffff:c000:201", expected: "::ffff:c000:201" },
    { host: "::1", expected: "::1" },
    { host: "", expected: "" },
  ]
) {
  Deno.test(`unmapIpv4() gives "${expected}" for "${host}"`, () => {
    assertEquals(unmapIpv4(host), expected);
  });
}

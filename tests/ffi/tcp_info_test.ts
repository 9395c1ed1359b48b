import { assert, assertEquals, assertThrows } from "@std/assert";
import {
  accept,
  closeFd,
  ffiSupport,
  listenTcp,
  localAddress,
  packSockaddr,
  startConnect,
  SyscallError,
  tcpInfo,
  tcpSocket,
} from "../../ffi/mod.ts";
import { decodeTcpInfo } from "../../ffi/tcp_info.ts";

const LINUX = Deno.build.os === "linux";
/** linux/tcp.h: enum. */
const TCP_ESTABLISHED = 1;

/** The first 8 bytes of `struct tcp_info`, and zeros up to 192. */
function tcpInfoBytes(head: string): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(192);
  bytes.set(Uint8Array.fromHex(head.replaceAll(" ", "")));
  return bytes;
}

// Byte 7: bit 0 tcpi_delivery_rate_app_limited, bits 1 and 2
// tcpi_fastopen_client_fail.
for (
  const { byte7, expected } of [
    { byte7: "00", expected: "none" },
    { byte7: "01", expected: "none" },
    { byte7: "02", expected: "cookieUnavailable" },
    { byte7: "03", expected: "cookieUnavailable" },
    { byte7: "04", expected: "dataNotAcked" },
    { byte7: "05", expected: "dataNotAcked" },
    { byte7: "06", expected: "synRetransmitted" },
    { byte7: "07", expected: "synRetransmitted" },
    { byte7: "f8", expected: "none" },
    { byte7: "fb", expected: "cookieUnavailable" },
  ] as const
) {
  Deno.test(`decodeTcpInfo() reads the failure bits 0x${byte7} as ${expected}`, () => {
    const bytes = tcpInfoBytes(`01 00 00 00 00 07 77 ${byte7}`);
    assertEquals(decodeTcpInfo(bytes).fastOpenFailure, expected);
  });
}

for (
  const { options, expected } of [
    { options: "20", expected: true },
    { options: "27", expected: true },
    { options: "00", expected: false },
    { options: "df", expected: false },
  ]
) {
  Deno.test(`decodeTcpInfo() reads the options 0x${options}: SYN data acknowledged is ${expected}`, () => {
    const bytes = tcpInfoBytes(`01 00 00 00 00 ${options} 77 00`);
    assertEquals(decodeTcpInfo(bytes).synDataAcked, expected);
  });
}

Deno.test("decodeTcpInfo() finds each number at its place", () => {
  const bytes = tcpInfoBytes("08 00 00 00 00 00 00 00");
  const view = new DataView(bytes.buffer);
  // Every 32-bit field tells where it is.
  for (let at = 8; at < bytes.length; at += 4) view.setUint32(at, at, true);
  assertEquals(decodeTcpInfo(bytes), {
    state: 8,
    synDataAcked: false,
    fastOpenFailure: "none",
    rttUs: 68,
    totalRetransmits: 100,
    notSentBytes: 144,
    minRttUs: 148,
  });
});

Deno.test("decodeTcpInfo() reads a view that does not begin its buffer", () => {
  const outer = new Uint8Array(200);
  outer.set(tcpInfoBytes("01 00 00 00 00 20 00 04"), 8);
  const info = decodeTcpInfo(outer.subarray(8));
  assertEquals(info.synDataAcked, true);
  assertEquals(info.fastOpenFailure, "dataNotAcked");
});

// The C library stays open once it was opened: that must not be inside a test.
if (LINUX) ffiSupport();

Deno.test({
  name: "tcpInfo() knows an established conn",
  ignore: !LINUX,
  fn() {
    const listening = listenTcp({ host: "127.0.0.1", port: 0 });
    const fd = tcpSocket("127.0.0.1");
    startConnect(fd, packSockaddr(localAddress(listening)!));
    const accepted = accept(listening);
    const info = tcpInfo(fd);
    for (const open of [accepted, fd, listening]) closeFd(open);
    assertEquals(info.state, TCP_ESTABLISHED);
    assertEquals(info.synDataAcked, false);
    assertEquals(info.totalRetransmits, 0);
    assert(info.rttUs > 0 && info.rttUs < 10_000_000, `${info.rttUs}`);
  },
});

Deno.test({
  name: "tcpInfo() throws for what is no socket",
  ignore: !LINUX,
  fn() {
    const error = assertThrows(() => tcpInfo(0x7fff_ffff), SyscallError);
    assertEquals(error.message, "getsockopt(TCP_INFO): EBADF");
  },
});

/* Runs `doctor` with the given arguments beside a server and some targets, and
 * prints what it said: for a network namespace of its own. */
import { findListeners, IPPROTO_TCP, setOption } from "../../ffi/mod.ts";
import { TCP_FASTOPEN } from "../../ffi/mod.ts";
import { listenFastOpen, startServer } from "../../mod.ts";
import {
  DOCTOR_HOSTS,
  type DoctorRun,
  SYSCTL_FILE,
  TOKEN,
} from "./_doctor_report.ts";

const ANSWER = new TextEncoder().encode("HTTP/1.1 200 OK\r\n\r\n");
const DECODER = new TextDecoder();

/** The part of a conn that an answer needs. */
interface Answering extends Disposable {
  read(into: Uint8Array): Promise<number | null>;
  write(bytes: Uint8Array): Promise<number>;
}

/** Answers the first bytes of each conn. */
async function answer(listener: AsyncIterable<Answering>): Promise<void> {
  for await (const conn of listener) {
    using open = conn;
    // A probe sends nothing and is gone.
    const count = await open.read(new Uint8Array(4096)).catch(() => null);
    if (count !== null) await open.write(ANSWER).catch(() => {});
  }
}

/** Ends TLS in front of the server, with Fast Open. */
async function terminate(serverPort: number): Promise<void> {
  const [, certFile, keyFile] = tlsFiles;
  using listener = Deno.listenTls({
    hostname: DOCTOR_HOSTS.tls,
    port: 443,
    cert: await Deno.readTextFile(certFile!),
    key: await Deno.readTextFile(keyFile!),
  });
  const { hostname: host, port } = listener.addr;
  for (const fd of findListeners({ host, port })) {
    setOption(fd, IPPROTO_TCP, TCP_FASTOPEN, 16);
  }
  for await (const outer of listener) {
    const inner = await Deno.connect({
      hostname: DOCTOR_HOSTS.server,
      port: serverPort,
    });
    outer.readable.pipeTo(inner.writable).catch(() => {});
    inner.readable.pipeTo(outer.writable).catch(() => {});
  }
}

const [files = "", ...args] = Deno.args;
const tlsFiles = files.split(",");
const server = await startServer({
  token: TOKEN,
  hostname: DOCTOR_HOSTS.server,
  port: 8765,
  gracePeriodMs: 0,
});
answer(listenFastOpen({ hostname: DOCTOR_HOSTS.http, port: 80 }));
answer(listenFastOpen({ hostname: DOCTOR_HOSTS.unknown, port: 7 }));
answer(Deno.listen({ hostname: DOCTOR_HOSTS.plain, port: 80 }));
if (files !== "") terminate(server.addr.port);

const { code, stdout, stderr } = await new Deno.Command(Deno.execPath(), {
  args: [
    "run",
    "-A",
    new URL("../../cli.ts", import.meta.url).pathname,
    ...args,
  ],
  stdin: "null",
}).output();
const run: DoctorRun = {
  code,
  stdout: DECODER.decode(stdout),
  stderr: DECODER.decode(stderr),
  setting: (await Deno.readTextFile("/proc/sys/net/ipv4/tcp_fastopen")).trim(),
  file: await Deno.readTextFile(SYSCTL_FILE).catch(() => ""),
};
await Deno.stdout.write(new TextEncoder().encode(JSON.stringify(run)));
Deno.exit(0);

import { parsePcap, type Segment } from "./_pcap.ts";

/** Far more than a run of a test has. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Ethernet, and the longest headers of IPv4 and TCP. */
const HEADERS_BYTES = 14 + 60 + 60;

/** A `tcpdump` of the loopback device, whose packets are read as they come. */
export class Tcpdump {
  readonly #child: Deno.ChildProcess;
  readonly #listening = Promise.withResolvers<void>();
  readonly #errors: Promise<string>;
  #bytes = new Uint8Array(0);

  /** Only for `start`, which waits until it listens. */
  constructor() {
    this.#child = new Deno.Command("tcpdump", {
      args: [
        // Packet by packet, without a buffer in the kernel or in the program; the
        // fewer bytes of each, the more of them may wait to be read.
        ...["-i", "lo", "-n", "-U", "--immediate-mode"],
        ...["-s", String(HEADERS_BYTES), "-w", "-"],
        "tcp[tcpflags] & (tcp-syn | tcp-rst) != 0",
      ],
      stdin: "null",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.#errors = this.#readErrors();
  }

  /** Starts it; resolves when it listens. */
  static async start(): Promise<Tcpdump> {
    const tcpdump = new Tcpdump();
    await tcpdump.#listening.promise;
    return tcpdump;
  }

  async #readErrors(): Promise<string> {
    let text = "";
    const decoder = new TextDecoder();
    for await (const bytes of this.#child.stderr) {
      text += decoder.decode(bytes);
      if (text.includes("listening on")) this.#listening.resolve();
    }
    this.#listening.reject(new Error(`tcpdump: ${text}`));
    return text;
  }

  /**
   * Ends it once it has seen a packet to `address`, which is sent last: then nothing
   * that came before is missing.
   *
   * @throws {Error} if packets were lost before it saw them
   */
  async until(address: string): Promise<Segment[]> {
    let segments: Segment[] = [];
    for await (const bytes of this.#child.stdout) {
      const joined = new Uint8Array(this.#bytes.length + bytes.length);
      joined.set(this.#bytes);
      joined.set(bytes, this.#bytes.length);
      this.#bytes = joined;
      if (joined.length > MAX_BYTES) throw new Error("too many packets");
      segments = parsePcap(joined);
      if (segments.some(({ to }) => to === address)) break;
    }
    this.#child.kill("SIGTERM");
    await this.#child.status;
    const said = await this.#errors;
    if (!/^0 packets dropped by kernel$/m.test(said)) throw new Error(said);
    return segments;
  }
}

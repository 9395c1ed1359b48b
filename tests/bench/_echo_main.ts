/* Echoes datagrams, or sends some and prints what came back as JSON. */
import { createSocket } from "node:dgram";

/** What came back. */
export interface Echoes {
  /** The fastest one, in milliseconds. */
  minMs: number;
  /** How many. */
  answered: number;
}

const PORT = 7007;
const GAP_MS = 2;
/** Whatever comes later than this after the last one counts as lost. */
const PATIENCE_MS = 400;

function say(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(`${text}\n`));
}

function ask(count: number, host: string): void {
  const socket = createSocket("udp4");
  const sentAt: number[] = [];
  const tookMs: number[] = [];
  socket.on("message", (bytes) => {
    tookMs.push(performance.now() - sentAt[bytes.readUInt32BE(0)]!);
  });
  const timer = setInterval(() => {
    const bytes = new Uint8Array(4);
    new DataView(bytes.buffer).setUint32(0, sentAt.length);
    sentAt.push(performance.now());
    socket.send(bytes, PORT, host);
    if (sentAt.length < count) return;
    clearInterval(timer);
    setTimeout(() => {
      const echoes: Echoes = {
        minMs: Math.min(...tookMs),
        answered: tookMs.length,
      };
      say(`result ${JSON.stringify(echoes)}`);
      socket.close();
    }, PATIENCE_MS);
  }, GAP_MS);
}

function echo(host: string): void {
  const socket = createSocket("udp4");
  socket.on("message", (bytes, { port, address }) => {
    socket.send(bytes, port, address);
  });
  socket.bind(PORT, host, () => say("ready"));
}

const [count = "echo", host = "127.0.0.1"] = Deno.args;
if (count === "echo") echo(host);
else ask(Number(count), host);

/*
 * `unref`: a listener and both ends of a conn that let the program end.
 * `ref`: the same, of which one was asked to keep it running again; prints and
 *   closes after a while.
 * `events`: unref'd as well, beside a timer; prints what still arrives.
 */
import { dialFastOpen, listenFastOpen } from "../../mod.ts";

const [what, backend] = Deno.args as [string, "epoll" | "deno"];

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

const listener = listenFastOpen({ hostname: "127.0.0.1", port: 0, backend });
const { port } = listener.addr;
const [near, far] = await Promise.all([
  dialFastOpen({ port, backend }),
  listener.accept(),
]);
listener.accept().catch(() => {});
const buffer = new Uint8Array(16);
const read = far.read(buffer).catch(() => {});
listener.unref();
near.unref();
far.unref();
print("unref'd");
if (what === "ref") {
  far.ref();
  const timer = setTimeout(async () => {
    await near.write(new TextEncoder().encode("x"));
  }, 300);
  Deno.unrefTimer(timer);
  read.then((count) => {
    print(` read ${count}`);
    far.unref();
  });
}
if (what === "events") {
  const running = setInterval(() => {}, 60_000);
  // Long enough for the loop to be in its wait.
  setTimeout(() => near.write(new TextEncoder().encode("x")), 300);
  print(` read ${await read}`);
  clearInterval(running);
}

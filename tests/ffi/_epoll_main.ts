/*
 * `exit`: opens a listener and a conn, closes all, and is to end by itself.
 * `idle`: waits on a listener for a second and prints how many milliseconds of
 * processor time that took.
 */
import { cpuUsage } from "node:process";
import { closeFd, EPOLLIN } from "../../ffi/mod.ts";
import { dial, listening, socketPair, WatchedEpoll } from "./_epoll_stage.ts";
import { turns } from "./turns.ts";

function print(text: string): void {
  Deno.stdout.writeSync(new TextEncoder().encode(text));
}

async function exit(): Promise<void> {
  const loop = new WatchedEpoll();
  const listener = listening();
  const [near, far] = await socketPair();
  const all = [listener, near, far];
  loop.add(listener, EPOLLIN, () => {
    for (const fd of all) {
      loop.removeClosing(fd);
      closeFd(fd);
    }
    print("closed");
  });
  loop.add(near, EPOLLIN, () => {});
  loop.add(far, EPOLLIN, () => {});
  all.push(dial(listener));
}

async function idle(): Promise<void> {
  const loop = new WatchedEpoll();
  const listener = listening();
  loop.add(listener, EPOLLIN, () => {});
  // Start-up, and the way into the wait, are not what is measured.
  await turns(100);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const before = cpuUsage();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  const { user, system } = cpuUsage(before);
  print(`${(user + system) / 1000}`);
  loop.removeClosing(listener);
  closeFd(listener);
}

if (Deno.args[0] === "exit") await exit();
else await idle();

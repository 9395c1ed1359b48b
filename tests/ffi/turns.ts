import { setImmediate } from "node:timers";

/** Lets `count` turns of the runtime's loop pass. */
export async function turns(count = 1): Promise<void> {
  for (let i = 0; i < count; i++) {
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
}

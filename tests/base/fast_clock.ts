/** So many times faster. */
const FACTOR = 10;

/**
 * Lets the time of this file go ten times faster until it is disposed of:
 * `setTimeout`, `setInterval` and `performance.now` agree with each other.
 * Waits of less than 100 ms stay as they are: they are for other programs.
 */
export function fastClock(): Disposable {
  const { setTimeout, setInterval } = globalThis;
  const now = performance.now;
  const start = now.call(performance);
  const shorter = (ms = 0) => ms < 100 ? ms : ms / FACTOR;
  globalThis.setTimeout =
    ((task: () => void, ms?: number, ...args: []) =>
      setTimeout(task, shorter(ms), ...args)) as typeof setTimeout;
  globalThis.setInterval =
    ((task: () => void, ms?: number, ...args: []) =>
      setInterval(task, shorter(ms), ...args)) as typeof setInterval;
  performance.now = () => start + (now.call(performance) - start) * FACTOR;
  return {
    [Symbol.dispose]() {
      Object.assign(globalThis, { setTimeout, setInterval });
      performance.now = now;
    },
  };
}

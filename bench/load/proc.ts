/** What a process holds, in bytes. */
export interface Memory {
  /** Resident now (`VmRSS`). */
  rss: number;
  /** The most that was resident since `resetPeak` (`VmHWM`). */
  peak: number;
}

const KIB = 1024;
/** `USER_HZ`: 100 on every Linux that has `/proc/PID/stat`. */
const TICKS_PER_SECOND = 100;
/** Fields of `/proc/PID/stat`, counted behind the name in brackets (proc(5)). */
const UTIME = 11;
const STIME = 12;
/** What `clear_refs` takes to mean: set `VmHWM` to `VmRSS` (proc(5)). */
const RESET_PEAK = "5\n";

/** The memory of a process; throws `Deno.errors.NotFound` when it is gone. */
export async function memoryOf(pid: number): Promise<Memory> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`);
  return { rss: fieldOf(status, "VmRSS"), peak: fieldOf(status, "VmHWM") };
}

/** Lets `peak` count from now. */
export async function resetPeak(pid: number): Promise<void> {
  await Deno.writeTextFile(`/proc/${pid}/clear_refs`, RESET_PEAK);
}

/** Seconds of processor time that a process has used, its threads included. */
export async function cpuSecondsOf(pid: number): Promise<number> {
  const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[UTIME]) + Number(fields[STIME])) / TICKS_PER_SECOND;
}

/** How many descriptors a process has open. */
export async function descriptorsOf(pid: number): Promise<number> {
  const entries = await Array.fromAsync(Deno.readDir(`/proc/${pid}/fd`));
  return entries.length;
}

function fieldOf(status: string, name: string): number {
  const kib = status.match(new RegExp(`^${name}:\\s+(\\d+) kB$`, "m"))?.[1];
  // A process that has ended but was not waited for has no memory lines.
  return Number(kib ?? 0) * KIB;
}

import {
  closeFd,
  ffiSupport,
  IPPROTO_TCP,
  setOption,
  type Support,
  TCP_FASTOPEN,
  TCP_FASTOPEN_CONNECT,
  tcpSocket,
} from "../../ffi/mod.ts";
import { errorText } from "../base/errors.ts";
import { fastOpenSupport } from "../net/fast_open.ts";
import {
  isOlderKernel,
  type KernelVersion,
  permittedRelease,
} from "../net/kernel_version.ts";
import type { Check, Finding } from "./check.ts";
import { FAST_OPEN_SETTING } from "./fast_open_setting.ts";
import { sysctlPath, sysctlWritable } from "./sysctl.ts";

/** TCP_FASTOPEN_CONNECT came with 4.11, and with it the fixes that we rely on. */
const MIN_KERNEL: KernelVersion = [4, 11];
/** Each conn through the tunnel needs two descriptors in all. */
const MIN_DESCRIPTORS = 4096;

/** Whether the system has what Fast Open needs. */
export function judgeKernel(os: string, release: string): Finding {
  if (os !== "linux") {
    return {
      status: "fail",
      detail:
        `${os} ${release}: Fast Open is used on Linux only; all else works`,
    };
  }
  return isOlderKernel(release, MIN_KERNEL)
    ? {
      status: "warn",
      detail: `Linux ${release} is older than ${MIN_KERNEL.join(".")}`,
      fix: "update the kernel",
    }
    : { status: "pass", detail: `Linux ${release}` };
}

function runKernel(): Finding {
  const release = permittedRelease();
  return release === undefined
    ? { status: "skip", detail: "needs --allow-sys" }
    : judgeKernel(Deno.build.os, release);
}

/** Whether system calls can be made. */
export function judgeFfi(support: Support): Finding {
  if (support.supported) {
    return { status: "pass", detail: "system calls can be made" };
  }
  return {
    status: "fail",
    detail: `no system calls: ${support.reason}`,
    ...(support.fix === undefined ? {} : { fix: support.fix }),
  };
}

/** Tries an option on a socket of its own. */
function tryOption(name: number, value: number): string | undefined {
  const fd = tcpSocket("127.0.0.1");
  try {
    setOption(fd, IPPROTO_TCP, name, value);
    return undefined;
  } catch (error) {
    return errorText(error);
  } finally {
    closeFd(fd);
  }
}

function runSocketOptions(): Finding {
  if (!ffiSupport().supported) {
    return { status: "skip", detail: "needs system calls" };
  }
  const listen = tryOption(TCP_FASTOPEN, 16);
  const dial = tryOption(TCP_FASTOPEN_CONNECT, 1);
  const facts = { listen: listen ?? "", dial: dial ?? "" };
  const setting = fastOpenSupport();
  if (listen === undefined && dial === undefined) {
    const detail = "TCP_FASTOPEN and TCP_FASTOPEN_CONNECT can be set";
    return { status: "pass", detail, facts };
  }
  if (listen === undefined && !setting.dial.supported) {
    const detail = "TCP_FASTOPEN can be set; TCP_FASTOPEN_CONNECT not while " +
      "the kernel's dialing half is off";
    return { status: "skip", detail, facts };
  }
  return {
    status: "fail",
    detail: `the kernel or a sandbox refuses ${listen ?? dial}`,
    facts,
  };
}

/** What of this machine is not ours to set. */
function runLimits(): Finding {
  const isolated = Deno.build.os === "linux" && hasOwnNetwork();
  const written = sysctlWritable(FAST_OPEN_SETTING);
  const facts = {
    ownNetwork: isolated,
    settingsWritable: written.writable,
  };
  const where = isolated
    ? "a network namespace of its own"
    : "the host's network";
  if (written.writable) {
    return {
      status: "pass",
      detail: `${where}; kernel settings can be changed`,
      facts,
    };
  }
  return {
    status: "warn",
    detail: `${where}; kernel settings cannot be changed: ${written.reason}`,
    fix: written.fix ?? `docker run --sysctl ${FAST_OPEN_SETTING}=3 …`,
    facts,
  };
}

/**
 * A setting that only the host has. (Process 1 of a container is in the
 * container's network.)
 */
const HOST_ONLY_SETTING = "net.core.netdev_max_backlog";

/** Whether this is another network namespace than the host's. */
function hasOwnNetwork(): boolean {
  try {
    Deno.statSync(sysctlPath(HOST_ONLY_SETTING));
    return false;
  } catch (error) {
    return error instanceof Deno.errors.NotFound;
  }
}

/** Reads the soft limit of descriptors from /proc/self/limits; proc(5). */
export function judgeDescriptors(limits: string): Finding {
  const text = /^Max open files +(\d+|unlimited)/m.exec(limits)?.[1];
  if (text === undefined) return { status: "skip", detail: "not known" };
  const count = text === "unlimited" ? Infinity : Number(text);
  if (count >= MIN_DESCRIPTORS) {
    return { status: "pass", detail: `${text} at once` };
  }
  return {
    status: "warn",
    detail: `only ${text} at once; each request takes one or two`,
    fix: "ulimit -n 65536",
    facts: { count },
  };
}

function runDescriptors(): Finding {
  try {
    return judgeDescriptors(Deno.readTextFileSync("/proc/self/limits"));
  } catch (error) {
    return { status: "skip", detail: errorText(error) };
  }
}

/** Asks for what lies under the settings. */
export const PLATFORM_CHECKS: readonly Check[] = [
  {
    id: "kernel",
    title: "kernel",
    group: "system",
    run: runKernel,
  },
  {
    id: "ffi",
    title: "permission",
    group: "system",
    run: () => judgeFfi(ffiSupport()),
  },
  {
    id: "socket-options",
    title: "socket options",
    group: "system",
    run: runSocketOptions,
  },
  { id: "limits", title: "container", group: "system", run: runLimits },
  {
    id: "descriptors",
    title: "descriptors",
    group: "system",
    run: runDescriptors,
  },
];

import { abortable } from "../base/abortable.ts";
import { formatTarget, type Target } from "../base/address.ts";
import { EMPTY } from "../base/empty.ts";
import { TunnelError } from "../base/errors.ts";
import { checkPort, checkText } from "../base/option_checks.ts";
import type { Failure } from "../inbound/failure.ts";
import type { TcpRequest } from "../inbound/request.ts";
import { connPair } from "../join/conn_pair.ts";
import { StreamConn } from "../net/stream_conn.ts";

/** Where a stream through the tunnel leads. */
export interface ConnectOptions {
  /** A name or an IP address; the exit resolves names. */
  hostname: string;
  /** 1 to 65535. */
  port: number;
  /**
   * The first bytes to send. They travel with the request for the target, and in the
   * SYN to it where Fast Open works: an answer to them takes one round trip less.
   */
  data?: Uint8Array;
  /** Gives up when it aborts; the promise rejects with its reason. */
  signal?: AbortSignal;
}

/** Where the program's own end of a stream is. */
const HERE = { host: "127.0.0.1", port: 0 };

/** Opens a stream as an app would; `serve` takes the request. */
export async function connectThrough(
  serve: (request: TcpRequest) => void,
  { hostname, port, data = EMPTY, signal }: ConnectOptions,
): Promise<StreamConn> {
  signal?.throwIfAborted();
  checkText("hostname", hostname);
  checkPort("port", port, 1);
  const target = { host: hostname.replace(/^\[(.*)\]$/, "$1"), port };
  const [near, far] = connPair(HERE, target);
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  serve({
    kind: "tcp",
    target,
    conn: far,
    first: data.slice(),
    // All first bytes are here, and nothing is said before the target was reached.
    silent: true,
    succeed: resolve,
    fail(failure) {
      far.reset();
      reject(errorOf(failure, target));
    },
  });
  try {
    await abortable(promise, signal);
  } catch (error) {
    near.reset();
    throw error;
  }
  return new StreamConn(near);
}

function errorOf(failure: Failure, target: Target): TunnelError {
  const where = `Cannot reach ${formatTarget(target)}`;
  return failure === "noAnswer"
    ? new TunnelError("timeout", `${where}: the tunnel did not answer`)
    : new TunnelError(failure, `${where}: ${failure}`);
}

import type { Failure } from "./failure.ts";

/** The status codes that this proxy answers with (RFC 9110, section 15). */
export const REASONS = {
  400: "Bad Request",
  403: "Forbidden",
  407: "Proxy Authentication Required",
  431: "Request Header Fields Too Large",
  501: "Not Implemented",
  502: "Bad Gateway",
  503: "Service Unavailable",
  504: "Gateway Timeout",
  505: "HTTP Version Not Supported",
} as const;

/** One of the codes of `REASONS`. */
export type HttpStatus = keyof typeof REASONS;

/** An answer of our own: a status and a sentence for a person. */
export interface HttpRefusal {
  /** The status code. */
  status: HttpStatus;
  /** One sentence without a final period. */
  text: string;
}

const ENCODER = new TextEncoder();

/** Tells an app that its CONNECT succeeded (RFC 9110, section 9.3.6). */
export const CONNECT_ESTABLISHED: Uint8Array = ENCODER.encode(
  "HTTP/1.1 200 Connection established\r\n\r\n",
);

/** Asks for a user name and a password. */
export const LOGIN_REQUIRED: HttpRefusal = {
  status: 407,
  text: "This proxy needs a user name and a password",
};

/** RFC 7617, section 2.1: our texts are UTF-8, and browsers need to know. */
const CHALLENGE =
  'Proxy-Authenticate: Basic realm="proxy", charset="UTF-8"\r\n';

const FAILURES: { readonly [F in Failure]: HttpRefusal } = {
  refused: { status: 502, text: "The target has refused the connection" },
  unreachable: { status: 502, text: "There is no way to the target" },
  timeout: { status: 504, text: "The target did not answer in time" },
  noAnswer: { status: 504, text: "The other end of the tunnel did not answer" },
  reset: { status: 502, text: "The connection was reset" },
  name: { status: 502, text: "The host name was not found" },
  denied: { status: 403, text: "The target is not allowed" },
  auth: { status: 502, text: "The tunnel was rejected" },
  protocol: { status: 502, text: "The tunnel has failed" },
  limit: { status: 502, text: "A limit of the tunnel was exceeded" },
  closed: { status: 502, text: "The tunnel was closed" },
  unavailable: { status: 503, text: "The tunnel is not connected" },
  exhausted: { status: 503, text: "No more connections are possible now" },
  unsupported: { status: 501, text: "The other end cannot do this" },
  failed: { status: 502, text: "The target could not be reached" },
};

/** The answer that tells an app why it could not be connected. */
export function httpRefusalFor(failure: Failure): HttpRefusal {
  return FAILURES[failure];
}

/**
 * A whole answer, after which the conn ends.
 *
 * @param method Of the request: the answer to HEAD has no content
 */
export function httpAnswer(
  { status, text }: HttpRefusal,
  method = "",
): Uint8Array {
  const content = `${text}.\n`;
  return ENCODER.encode(
    `HTTP/1.1 ${status} ${REASONS[status]}\r\n` +
      (status === 407 ? CHALLENGE : "") +
      "Content-Type: text/plain; charset=utf-8\r\n" +
      `Content-Length: ${content.length}\r\n` +
      "Connection: close\r\n\r\n" +
      (method === "HEAD" ? "" : content),
  );
}

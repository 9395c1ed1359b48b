import { TunnelError } from "../base/errors.ts";

/** How the built-in WebSocket reports a status other than 101. */
const STATUS = /Invalid status code: (\d{3})/;

/** A server was reached and did not open a WebSocket. */
export class UpgradeError extends TunnelError {
  /** Its HTTP status; unknown after a failure with TLS. */
  readonly status: number | undefined;

  /** Makes the error from what the built-in WebSocket says. */
  constructor(text: string) {
    const found = STATUS.exec(text)?.[1];
    const status = found === undefined ? undefined : Number(found);
    super("failed", status === undefined ? text : statusText(status));
    this.status = status;
  }
}

/** What a status instead of a WebSocket means. */
export function statusText(status: number): string {
  switch (status) {
    case 404:
      return "no tunnel server at this address (status 404)";
    case 503:
      return "the server is stopping (status 503)";
    default:
      return `the server opens no WebSocket (status ${status})`;
  }
}

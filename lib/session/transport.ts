import type { TunnelError } from "../base/errors.ts";

/** Events of a transport. */
export interface TransportHandler {
  /** One whole message; its bytes are valid during the call. */
  message(bytes: Uint8Array): void;
  /** The transport is gone; called once, and nothing follows. */
  closed(error: TunnelError): void;
}

/** What moves whole messages for a session, in order. */
export interface Transport {
  /** Bytes that were sent and have not left this process yet. */
  readonly bufferedBytes: number;
  /** The subprotocol that both ends agreed on; empty if none. */
  readonly protocol: string;
  /** Receives the events; without a handler, messages wait for one. */
  handler: TransportHandler | undefined;
  /** Sends one message; its bytes are copied before this returns. */
  send(message: Uint8Array): void;
  /** Closes with a WebSocket code and a short reason. Idempotent. */
  close(code?: number, reason?: string): void;
}

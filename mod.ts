/**
 * A SOCKS5 proxy through one WebSocket, built for a fast first byte. Needs Deno 2.5
 * or newer, except 2.6.0 and 2.6.1.
 *
 * @example A server and a client in one program
 * ```ts ignore
 * import { startClient, startServer } from "@synsocks/synsocks";
 *
 * const server = await startServer({ token: "secret", hostname: "127.0.0.1", port: 0 });
 * const client = await startClient({
 *   url: `ws://127.0.0.1:${server.addr.port}`,
 *   token: "secret",
 *   socksPort: 0,
 *   optimistic: true,
 * });
 * await client.ready;
 * await client.close();
 * await server.close();
 * ```
 *
 * @example A provider, which dials targets for apps at the server
 * ```ts ignore
 * import { startClient, startServer } from "@synsocks/synsocks";
 *
 * const server = await startServer({ reverse: { token: "secret", port: 9870 } });
 * const provider = await startClient({
 *   url: "ws://127.0.0.1:8765",
 *   token: "secret",
 *   reverse: true,
 * });
 * await provider.ready;
 * console.log(server.tokens.socksAddr("secret"));
 * ```
 *
 * @example TCP Fast Open for any program
 * ```ts ignore
 * import { dialFastOpen, listenFastOpen } from "@synsocks/synsocks";
 *
 * using listener = listenFastOpen({ hostname: "127.0.0.1", port: 0 });
 * using conn = await dialFastOpen({
 *   port: listener.addr.port,
 *   data: new TextEncoder().encode("in the SYN"),
 * });
 * console.log(conn.fastOpen.result);
 * ```
 *
 * @module
 */
export {
  type Client,
  type ClientOptions,
  startClient,
} from "./lib/client/client.ts";
export type {
  ReverseTokenOptions,
  ServerOptions,
} from "./lib/server/options.ts";
export type { Server } from "./lib/server/server.ts";
export { startServer } from "./lib/server/start_server.ts";
export type { TokenApi } from "./lib/tokens/token_api.ts";
export type { NewConnectorToken, NewReverseToken } from "./lib/tokens/token.ts";
export type { TokenStatus } from "./lib/tokens/token_snapshot.ts";
export type { ConnectOptions } from "./lib/client/connect.ts";
export { ConfigError, TunnelError } from "./lib/base/errors.ts";
export type { TunnelErrorCode } from "./lib/base/errors.ts";
export type { LogFields, Logger } from "./lib/base/logger.ts";
export { Counters } from "./lib/base/counters.ts";
export type { Count, CountLabels } from "./lib/base/counters.ts";
export type { DatagramLoss, Observer, TunnelEvent } from "./lib/base/events.ts";
export type { Hop } from "./lib/base/hop.ts";
export { fastOpenSupport } from "./lib/net/fast_open.ts";
export type {
  FastOpenOutcome,
  FastOpenResult,
  FastOpenSupport,
  Lack,
  Support,
} from "./lib/net/fast_open.ts";
export { FastOpenConn } from "./lib/net/fast_open_conn.ts";
export { StreamConn } from "./lib/net/stream_conn.ts";
export {
  FastOpenListener,
  listenFastOpen,
  type ListenFastOpenOptions,
} from "./lib/net/fast_open_listener.ts";
export {
  dialFastOpen,
  type DialFastOpenOptions,
} from "./lib/dial/dial_fast_open.ts";
export type { BackendChoice } from "./lib/net/choose_backend.ts";
export { parsePortRange } from "./lib/net/port_range.ts";
export type { PortRange } from "./lib/net/port_range.ts";
export type { UdpOptions } from "./lib/entry/udp_options.ts";
export type { RoleOptions } from "./lib/net/role_options.ts";
export { parseTfoChoice } from "./lib/net/tfo_choice.ts";
export type { TfoChoice } from "./lib/net/tfo_choice.ts";

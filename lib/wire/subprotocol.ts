/**
 * The WebSocket subprotocol by which two synsocks ends find each other.
 *
 * The client offers it and the server chooses it. A session has the extension
 * if, and only if, the upgrade ended with this subprotocol chosen.
 */
export const SUBPROTOCOL = "synsocks.v1";

const CLIENT_HELLO = "linksocks_client_hello:";
const SERVER_HELLO = "linksocks_server_hello:";
const DIRECT_SIGNALING = "direct_signaling=1";

/** Who sends a hello. */
export type HelloSender = "client" | "server";

/**
 * Recognises the hello with which a peer announces direct (peer to peer)
 * signaling in the text of a LOG message.
 *
 * Such a text is a signal and not for people. We do not do direct connections,
 * so we never send one, and a peer that hears none stays on the relay.
 *
 * @param text The text of a LOG message.
 * @returns Who says hello, or `undefined` if this is an ordinary text.
 */
export function helloSender(text: string): HelloSender | undefined {
  if (!text.includes(DIRECT_SIGNALING)) return undefined;
  if (text.startsWith(CLIENT_HELLO)) return "client";
  if (text.startsWith(SERVER_HELLO)) return "server";
  return undefined;
}

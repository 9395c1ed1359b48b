/**
 * The longest message that is accepted, and the longest bundle.
 *
 * The reference closes a connection with 1009 above this size, so a peer that
 * works with it never sends more.
 */
export const MAX_MESSAGE_BYTES: number = 32 * 1024 * 1024;

/** The longest short text: its length field is one byte. */
export const MAX_TEXT_BYTES = 255;

/**
 * The longest payload of a DATA message that is sent.
 *
 * Long enough that headers cost nothing (24 bytes in 65,536), short enough that
 * a keystroke behind a bulk transfer waits for one such message at most. It is
 * also far below the 1 MiB that the strictest known peer takes. What is received
 * may be longer, up to {@linkcode MAX_MESSAGE_BYTES}.
 */
export const MAX_PAYLOAD_BYTES: number = 64 * 1024;

/**
 * The most first bytes that a CONNECT may carry.
 *
 * A SYN holds about 1,400 bytes; the rest follows in the same flight of the
 * target's initial congestion window, which is well below this.
 */
export const MAX_FIRST_BYTES: number = 64 * 1024;

/**
 * What an entry may send on a tcp channel before CONNECT_RESPONSE arrives, on a
 * `synsocks.v1` session; first bytes are part of it.
 *
 * The exit must be able to hold this much for each channel that it still dials.
 */
export const INITIAL_CREDIT_BYTES: number = 64 * 1024;

/**
 * The largest window and the largest credit that fit into a message: 0xffffffff
 * is never sent, so that it can never be confused with -1.
 */
export const MAX_CREDIT_BYTES = 0xfffffffe;

/**
 * The most that one gzip payload may become.
 *
 * Peers compress payloads of up to 2 MiB. A message of 32 MiB could otherwise
 * inflate to 32 GiB.
 */
export const MAX_INFLATED_BYTES: number = 16 * 1024 * 1024;

/**
 * The longest JSON text of a LOG, PARTNERS or direct message that is accepted.
 *
 * The longest known ones list the candidate addresses of a peer, at 60 bytes
 * each: this is room for a thousand.
 */
export const MAX_JSON_BYTES: number = 64 * 1024;

/**
 * The longest text of a LOG that is sent, before it becomes JSON.
 *
 * JSON writes a byte as six at worst, so this stays below
 * {@linkcode MAX_JSON_BYTES} whatever the text is.
 */
export const MAX_LOG_TEXT_BYTES: number = 8 * 1024;

/**
 * The longest bundle that is sent.
 *
 * A bundle saves the cost of a WebSocket message, which is noticeable next to
 * small messages only: four of the longest DATA are enough.
 */
export const MAX_BUNDLE_BYTES: number = 256 * 1024;

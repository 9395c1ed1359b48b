/** A place where a SYN can carry data. */
export type Hop = "socks" | "tunnel" | "ws" | "target";

/** All of them, in the order in which a request passes them. */
export const ALL_HOPS: readonly Hop[] = ["socks", "tunnel", "ws", "target"];

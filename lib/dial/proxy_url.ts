import { formatTarget, type Target } from "../base/address.ts";
import { ConfigError } from "../base/errors.ts";
import { ipFamily } from "../net/ip.ts";

/** A proxy to dial through. */
export interface ProxyAddress extends Target {
  /** Its protocol. */
  scheme: "socks5" | "http";
  /** Credentials, if the proxy asks for them. */
  login?: ProxyLogin;
}

/** Credentials of a proxy, percent-decoded. */
export interface ProxyLogin {
  /** Never empty. */
  username: string;
  /** For SOCKS5 never empty. */
  password: string;
}

/** How to read the URL of a proxy. */
export interface ProxyUrlOptions {
  /** The port of an `http` proxy whose URL has none. @default {8080} */
  httpPort?: number;
}

const SOCKS_PORT = 1080;
const HTTP_PORT = 8080;
/** RFC 1929, section 2: each has one byte for its length. */
const MAX_SOCKS_TEXT_BYTES = 255;

const SCHEMES: Record<string, ProxyAddress["scheme"] | undefined> = {
  "socks5": "socks5",
  // Names are always resolved by the proxy, so the two mean the same here.
  "socks5h": "socks5",
  "http": "http",
};

/**
 * Reads `socks5://`, `socks5h://` or `http://`, with `user:password@` in front of
 * the host if the proxy wants that.
 *
 * @param text What the user wrote.
 * @param field Where: the name of the flag or of the variable.
 * @param options See {@linkcode ProxyUrlOptions}.
 * @returns The proxy; IPv6 without brackets.
 * @throws {ConfigError} If it is not such a URL; without credentials in the text
 */
export function parseProxyUrl(
  text: string,
  field: string,
  { httpPort = HTTP_PORT }: ProxyUrlOptions = {},
): ProxyAddress {
  const [, schemeText = "", rest = ""] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/i
    .exec(text.trim()) ?? [];
  const scheme = SCHEMES[schemeText.toLowerCase()];
  if (!scheme) {
    const got = schemeText === "" ? "no scheme" : `${schemeText}://`;
    throw new ConfigError(
      field,
      `must start with socks5://, socks5h:// or http:// but has ${got}`,
    );
  }
  // A scheme that URL does not know keeps the port, even if it is the usual one.
  const url = URL.parse(`socks5://${rest}`);
  const host = decode(url?.hostname.replace(/^\[(.*)\]$/, "$1") ?? "");
  if (!url || !host || (host.includes(":") && !ipFamily(host))) {
    throw new ConfigError(field, "has no host that can be dialed");
  }
  if (!/^\/?$/.test(url.pathname) || url.search !== "" || url.hash !== "") {
    throw new ConfigError(field, "must end behind the host and port");
  }
  if (url.port === "0") throw new ConfigError(field, "cannot have port 0");
  const port = Number(
    url.port || (scheme === "http" ? httpPort : SOCKS_PORT),
  );
  const login = loginOf(url, scheme, field);
  return { scheme, host, port, ...(login ? { login } : {}) };
}

/** For people, without credentials. */
export function formatProxy(proxy: ProxyAddress): string {
  return `${proxy.scheme}://${formatTarget(proxy)}`;
}

function loginOf(
  url: URL,
  scheme: ProxyAddress["scheme"],
  field: string,
): ProxyLogin | undefined {
  if (url.username === "" && url.password === "") return undefined;
  const username = decode(url.username);
  const password = decode(url.password);
  if (!username || password === undefined) {
    throw new ConfigError(field, "has no readable user name and password");
  }
  if (scheme === "http") {
    // RFC 7617, section 2.
    if (username.includes(":")) {
      throw new ConfigError(field, "cannot have a colon in the user name");
    }
    return { username, password };
  }
  for (const one of [username, password]) {
    const { length } = new TextEncoder().encode(one);
    if (length === 0 || length > MAX_SOCKS_TEXT_BYTES) {
      throw new ConfigError(
        field,
        "needs a user name and a password of 1 to 255 bytes each",
      );
    }
  }
  return { username, password };
}

function decode(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

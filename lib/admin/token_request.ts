/** The JSON of a request to `/api/token`; what is absent is empty, 0 or false. */
export interface TokenRequest {
  /** `forward`, `reverse`, `connector`, or something wrong. */
  type: string;
  /** The secret; empty for a random one. */
  token: string;
  /** The SOCKS port of a reverse token; 0 for any, -1 for none. */
  port: number;
  /** The user name of the SOCKS port. */
  username: string;
  /** The password of the SOCKS port. */
  password: string;
  /** What a connector token leads to. */
  reverseToken: string;
  /** Whether providers may add connector tokens. */
  allowManageConnector: boolean;
}

/**
 * Reads the body of a request. As in the reference, `null` is the same as absent
 * and unknown fields are ignored.
 *
 * @param text JSON.
 * @returns The fields; `undefined` if it is no JSON object or a field has the wrong
 * type.
 */
export function parseTokenRequest(text: string): TokenRequest | undefined {
  let fields: unknown;
  try {
    fields = JSON.parse(text) ?? {};
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || Array.isArray(fields)) return undefined;
  const get = (name: string) => (fields as Record<string, unknown>)[name];
  const type = get("type") ?? "";
  const token = get("token") ?? "";
  const port = get("port") ?? 0;
  const username = get("username") ?? "";
  const password = get("password") ?? "";
  const reverseToken = get("reverse_token") ?? "";
  const allowManageConnector = get("allow_manage_connector") ?? false;
  if (
    typeof type !== "string" || typeof token !== "string" ||
    typeof port !== "number" || !Number.isSafeInteger(port) ||
    typeof username !== "string" || typeof password !== "string" ||
    typeof reverseToken !== "string" ||
    typeof allowManageConnector !== "boolean"
  ) {
    return undefined;
  }
  return {
    type,
    token,
    port,
    username,
    password,
    reverseToken,
    allowManageConnector,
  };
}

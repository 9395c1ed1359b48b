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

/** What a body says, or what is wrong with it. */
export type ParsedRequest = { fields: TokenRequest } | { problem: string };

const KNOWN: readonly string[] = [
  "type",
  "token",
  "port",
  "username",
  "password",
  "reverse_token",
  "allow_manage_connector",
];

/**
 * Reads the body of a request. As in the reference, `null` means absent. Unlike
 * the reference, an unknown field is refused: whoever asks for a rule must not
 * believe that it is in force.
 *
 * @param text JSON.
 * @returns The fields, or the problem: not a JSON object, an unknown field, or
 *   one of the wrong type.
 */
export function parseTokenRequest(text: string): ParsedRequest {
  const object = parseObject(text);
  if (!object) return INVALID;
  const unknown = Object.keys(object).find((name) => !KNOWN.includes(name));
  if (unknown !== undefined) return { problem: `unknown field: ${unknown}` };
  const type = object.type ?? "";
  const token = object.token ?? "";
  const port = object.port ?? 0;
  const username = object.username ?? "";
  const password = object.password ?? "";
  const reverseToken = object.reverse_token ?? "";
  const allowManageConnector = object.allow_manage_connector ?? false;
  if (
    typeof type !== "string" || typeof token !== "string" ||
    typeof port !== "number" || !Number.isSafeInteger(port) ||
    typeof username !== "string" || typeof password !== "string" ||
    typeof reverseToken !== "string" ||
    typeof allowManageConnector !== "boolean"
  ) {
    return INVALID;
  }
  const login = { username, password };
  return {
    fields: { type, token, port, ...login, reverseToken, allowManageConnector },
  };
}

const INVALID = { problem: "invalid request body" };

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text) ?? {};
    return typeof value === "object" && !Array.isArray(value)
      ? value as Record<string, unknown>
      : undefined;
  } catch {
    return undefined;
  }
}

import { ConfigError, TunnelError } from "../base/errors.ts";
import { equalSecret } from "../base/secret.ts";
import type { TokenStatus } from "../tokens/token_snapshot.ts";
import { readBody } from "./read_body.ts";
import type { TokenApi } from "../tokens/token_api.ts";
import { parseTokenRequest, type TokenRequest } from "./token_request.ts";

/** Options of the API. */
export interface ApiOptions {
  /** The key that callers send in `X-API-Key`; an empty one admits nobody. */
  apiKey: string;
  /** The program's version, for its answers. */
  version: string;
  /** How long a body may take, in milliseconds. @default {10000} */
  bodyDeadlineMs?: number;
}

/** The part of a server's tokens that the API uses. */
export type ManagedTokens =
  & Pick<
    TokenApi,
    "addForward" | "addReverse" | "addConnector" | "snapshot"
  >
  & {
    /** Removes a token; an unknown one is not an error. */
    remove(token: string): unknown;
  };

const NAME = "synsocks";
const JSON_TYPE = { "content-type": "application/json" };
const TEXT_TYPE = { "content-type": "text/plain; charset=utf-8" };
const TOKEN_PATH = "/api/token";
const ENCODER = new TextEncoder();

/** Whether the API answers a path, if only with 404. */
export function isApiPath(pathname: string): boolean {
  return pathname === "/" || pathname === "/api" ||
    pathname.startsWith("/api/");
}

/**
 * Answers the management API: `/`, `/api/status` and `/api/token`, as LinkSocks
 * does. A refusal, of a duplicate for example, has status 200 and
 * `"success":false`, since callers of the reference rely on that.
 *
 * @param request A request that is not an upgrade.
 * @param tokens The server's tokens.
 * @param options The key and the version.
 * @returns The answer; 404 for any other path.
 */
export async function handleApi(
  request: Request,
  tokens: ManagedTokens,
  options: ApiOptions,
): Promise<Response> {
  const { pathname } = new URL(request.url);
  if (pathname === "/") {
    const { version } = options;
    return text(
      200,
      `${NAME} ${version} is running. API endpoints available at /api/*\n`,
    );
  }
  if (pathname === "/api/status") {
    if (!mayEnter(request, options)) return unauthorized(TEXT_TYPE);
    if (request.method !== "GET") return new Response(null, { status: 405 });
    return json(200, status(tokens.snapshot(), options));
  }
  if (pathname === TOKEN_PATH || pathname.startsWith(`${TOKEN_PATH}/`)) {
    if (!mayEnter(request, options)) return unauthorized(JSON_TYPE);
    return await handleToken(request, pathname, tokens, options);
  }
  return text(404, "404 page not found\n");
}

async function handleToken(
  request: Request,
  pathname: string,
  tokens: ManagedTokens,
  { bodyDeadlineMs }: ApiOptions,
): Promise<Response> {
  const { method } = request;
  if (method !== "POST" && method !== "DELETE") {
    return new Response(null, { status: 405, headers: JSON_TYPE });
  }
  const named = tokenOfPath(pathname);
  if (method === "DELETE") {
    if (named === undefined) return text(400, "400 Bad Request");
    if (named !== "") return remove(named, tokens);
  }
  const body = await readBody(request, bodyDeadlineMs);
  if ("problem" in body) {
    const code = body.problem === "too large" ? 413 : 408;
    return failure(code, `request body ${body.problem}`);
  }
  const parsed = parseTokenRequest(body.text);
  if (method === "DELETE") {
    return remove("fields" in parsed ? parsed.fields.token : "", tokens);
  }
  if ("problem" in parsed) return failure(400, parsed.problem);
  return add(parsed.fields, tokens);
}

/** What is behind `/api/token/`, decoded; `undefined` if it cannot be. */
function tokenOfPath(pathname: string): string | undefined {
  try {
    return decodeURIComponent(pathname.slice(TOKEN_PATH.length + 1));
  } catch {
    return undefined;
  }
}

function add(fields: TokenRequest, tokens: ManagedTokens): Response {
  const { type, token, reverseToken } = fields;
  try {
    switch (type) {
      case "forward": {
        const added = tokens.addForward(token);
        return json(200, { success: true, token: added.token });
      }
      case "reverse": {
        const { token, port } = tokens.addReverse(fields);
        return json(200, { success: true, token, port });
      }
      case "connector": {
        if (reverseToken === "") {
          return failure(200, "reverse_token is required for connector token");
        }
        const options = { token, reverse: reverseToken };
        const added = tokens.addConnector(options);
        return json(200, { success: true, token: added.token });
      }
      default:
        return failure(400, "invalid token type");
    }
  } catch (error) {
    if (error instanceof TunnelError) return failure(200, error.message);
    if (error instanceof ConfigError) return failure(400, error.message);
    throw error;
  }
}

function remove(token: string, tokens: ManagedTokens): Response {
  if (token === "") return failure(200, "token not specified");
  tokens.remove(token);
  return json(200, { success: true, token });
}

function status(
  tokens: readonly TokenStatus[],
  { version }: ApiOptions,
): unknown {
  return {
    version,
    tokens: tokens.map((
      { token, type, clientsCount, port, connectorTokens },
    ) => // Absent values are left out by JSON.
    ({
      token,
      type,
      clients_count: clientsCount,
      port,
      connector_tokens: connectorTokens,
    })),
    direct: { enabled: false },
  };
}

function mayEnter({ headers }: Request, { apiKey }: ApiOptions): boolean {
  // A header's text has one character per byte.
  const text = headers.get("x-api-key") ?? "";
  const given = Uint8Array.from(text, (byte) => byte.charCodeAt(0));
  return apiKey !== "" && equalSecret(given, ENCODER.encode(apiKey));
}

function unauthorized(type: HeadersInit): Response {
  const body = JSON.stringify({ success: false, error: "invalid API key" });
  return new Response(`${body}\n`, { status: 401, headers: type });
}

function failure(status: number, error: string): Response {
  return json(status, { success: false, error });
}

function json(status: number, value: unknown): Response {
  const body = `${JSON.stringify(value)}\n`;
  return new Response(body, { status, headers: JSON_TYPE });
}

function text(status: number, body: string): Response {
  return new Response(body, { status, headers: TEXT_TYPE });
}

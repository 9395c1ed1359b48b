/** One request, and what it is answered with. */
export interface Exchange {
  /** What the request is about. */
  name: string;
  /** @default {"POST"} */
  method?: string;
  /** @default {"/api/token"} */
  path?: string;
  /** Sent as it is if it is text, else as JSON. */
  body?: unknown;
  /** @default the right one */
  key?: string | null;
  /** The status. @default {200} */
  status?: number;
  /** The body: JSON, or text as it is. `*` stands for 16 hex digits. */
  answer: unknown;
  /** The type of the answer, up to a semicolon. @default {"application/json"} */
  type?: string | null;
  /** What LinkSocks does otherwise; absent if it does the same. */
  reference?: { why: string; status: number; answer: unknown };
}

/** The key of the tests. */
export const API_KEY = "k-1";

const TEXT = "text/plain";
const NOT_FOUND = { status: 404, type: TEXT, answer: "404 page not found\n" };
const ANY = "*";
const LONG = "a".repeat(70_000);

function done(token: string, port?: number): unknown {
  return { success: true, token, ...(port === undefined ? {} : { port }) };
}

function failed(error: string): { success: false; error: string } {
  return { success: false, error };
}

const WRONG_KEY = { status: 401, answer: failed("invalid API key") };
const BAD_BODY = { status: 400, answer: failed("invalid request body") };
const BAD_TYPE = { status: 400, answer: failed("invalid token type") };
const EXISTS = failed("token already exists");
const CONNECTOR_EXISTS = failed("connector token already exists");
const NO_REVERSE = failed("reverse token does not exist");
const UNSPECIFIED = failed("token not specified");
const METHOD = { status: 405, answer: "" };

const FORWARD = { type: "forward" };
const REVERSE = { type: "reverse" };
const CONNECTOR = { type: "connector" };
const STATUS = { method: "GET", path: "/api/status" };
const NO_TYPE = { type: null };

/** In this order, on a server that has no tokens yet. */
export const EXCHANGES: readonly Exchange[] = [
  // Keys.
  { name: "no key", ...STATUS, key: null, ...WRONG_KEY, type: TEXT },
  { name: "empty key", ...STATUS, key: "", ...WRONG_KEY, type: TEXT },
  { name: "wrong key", ...STATUS, key: "k-2", ...WRONG_KEY, type: TEXT },
  { name: "longer key", ...STATUS, key: "k-1k-1", ...WRONG_KEY, type: TEXT },
  { name: "wrong key, POST", key: "x", body: FORWARD, ...WRONG_KEY },
  { name: "wrong key, PUT", key: "x", method: "PUT", ...WRONG_KEY },
  {
    name: "wrong key, POST of status",
    ...STATUS,
    method: "POST",
    key: "x",
    ...WRONG_KEY,
    type: TEXT,
  },
  { name: "wrong key, other path", path: "/api/x", key: "x", ...NOT_FOUND },

  // Paths and methods.
  { name: "api", method: "GET", path: "/api", ...NOT_FOUND },
  { name: "api/", method: "GET", path: "/api/", ...NOT_FOUND },
  { name: "unknown path", method: "GET", path: "/api/x", ...NOT_FOUND },
  { name: "longer path", method: "GET", path: "/api/tokens", ...NOT_FOUND },
  { name: "status/", method: "GET", path: "/api/status/", ...NOT_FOUND },
  { name: "POST of status", ...STATUS, method: "POST", ...METHOD, ...NO_TYPE },
  { name: "HEAD of status", ...STATUS, method: "HEAD", ...METHOD, ...NO_TYPE },
  { name: "GET of a token", method: "GET", ...METHOD },
  { name: "PUT of a token", method: "PUT", ...METHOD },
  { name: "PATCH", method: "PATCH", path: "/api/token/x", ...METHOD },
  { name: "OPTIONS", method: "OPTIONS", ...METHOD },

  // Bodies.
  { name: "empty body", ...BAD_BODY },
  { name: "half a body", body: "{", ...BAD_BODY },
  { name: "a list", body: "[]", ...BAD_BODY },
  { name: "a text", body: '"x"', ...BAD_BODY },
  { name: "a number", body: "1", ...BAD_BODY },
  { name: "type is a number", body: { type: 1 }, ...BAD_BODY },
  { name: "token is a number", body: { ...FORWARD, token: 1 }, ...BAD_BODY },
  { name: "port is a text", body: { ...REVERSE, port: "1" }, ...BAD_BODY },
  { name: "port is a fraction", body: { ...REVERSE, port: 1.5 }, ...BAD_BODY },
  { name: "port is huge", body: { ...REVERSE, port: 1e20 }, ...BAD_BODY },
  { name: "user is a list", body: { ...REVERSE, username: [] }, ...BAD_BODY },
  {
    name: "password is a number",
    body: { ...REVERSE, password: 1 },
    ...BAD_BODY,
  },
  {
    name: "reverse_token is a boolean",
    body: { ...CONNECTOR, reverse_token: true },
    ...BAD_BODY,
  },
  {
    name: "allow_manage_connector is a number",
    body: { ...REVERSE, allow_manage_connector: 1 },
    ...BAD_BODY,
  },
  { name: "null", body: "null", ...BAD_TYPE },
  { name: "no type", body: {}, ...BAD_TYPE },
  { name: "null type", body: { type: null }, ...BAD_TYPE },
  { name: "unknown type", body: { type: "nope" }, ...BAD_TYPE },
  { name: "type in capitals", body: { type: "Forward" }, ...BAD_TYPE },
  {
    name: "bytes behind the body",
    body: '{"type":"forward","token":"behind"} x',
    ...BAD_BODY,
    reference: {
      why: "it stops reading at the end of the first value",
      status: 200,
      answer: done("behind"),
    },
  },
  {
    name: "fields in capitals",
    body: { TYPE: "forward", Token: "capitals" },
    status: 400,
    answer: failed("unknown field: TYPE"),
    reference: {
      why: "its field names have no case",
      status: 200,
      answer: done("capitals"),
    },
  },
  {
    name: "a body beyond 64 KiB",
    body: { ...FORWARD, token: LONG },
    status: 413,
    answer: failed("request body too large"),
    reference: { why: "it has no limit", status: 200, answer: done(LONG) },
  },

  // Forward tokens.
  { name: "forward", body: { ...FORWARD, token: "f1" }, answer: done("f1") },
  { name: "made up", body: FORWARD, answer: done(ANY) },
  {
    name: "a field that we do not know",
    body: { ...FORWARD, token: "ruled", rules: [1] },
    status: 400,
    answer: failed("unknown field: rules"),
    reference: {
      why: "it drops such fields, and admits more than was asked for",
      status: 200,
      answer: done("ruled"),
    },
  },
  { name: "null token", body: { ...FORWARD, token: null }, answer: done(ANY) },
  {
    name: "any text",
    body: { ...FORWARD, token: "<&>\u2028é/ %" },
    answer: done("<&>\u2028é/ %"),
  },
  {
    name: "POST below the path",
    path: "/api/token/what/ever",
    body: { ...FORWARD, token: "f9" },
    answer: done("f9"),
  },
  { name: "duplicate", body: { ...FORWARD, token: "f1" }, answer: EXISTS },
  {
    name: "duplicate of another kind",
    body: { ...REVERSE, token: "f1" },
    answer: EXISTS,
  },
  {
    name: "anonymous",
    body: { ...FORWARD, token: "anonymous" },
    answer: failed("'anonymous' is reserved and cannot be used as a token"),
  },

  // Reverse tokens.
  {
    name: "reverse",
    body: {
      ...REVERSE,
      token: "r1",
      port: 29871,
      username: "u",
      password: "p",
    },
    answer: done("r1", 29871),
  },
  {
    name: "port taken",
    body: { ...REVERSE, token: "r2", port: 29871 },
    answer: failed("cannot allocate port: 29871"),
  },
  {
    name: "impossible port",
    body: { ...REVERSE, token: "r3", port: 70000 },
    answer: failed("cannot allocate port: 70000"),
    reference: {
      why: "it fails when it listens, in its log",
      status: 200,
      answer: done("r3", 70000),
    },
  },
  {
    name: "no port",
    body: { ...REVERSE, token: "r4", port: -1 },
    answer: done("r4", -1),
  },
  {
    name: "autonomy",
    body: { ...REVERSE, token: "ra", allow_manage_connector: true },
    answer: done("ra", -1),
  },
  {
    name: "autonomy with a port",
    body: {
      ...REVERSE,
      token: "rb",
      port: 29872,
      allow_manage_connector: true,
    },
    answer: done("rb", -1),
  },
  {
    name: "reverse anonymous",
    body: { ...REVERSE, token: "anonymous" },
    answer: failed("'anonymous' is reserved and cannot be used as a token"),
  },

  // Connector tokens.
  {
    name: "connector to nowhere",
    body: { ...CONNECTOR, token: "c1" },
    answer: failed("reverse_token is required for connector token"),
  },
  {
    name: "connector to an unknown token",
    body: { ...CONNECTOR, token: "c1", reverse_token: "none" },
    answer: NO_REVERSE,
  },
  {
    name: "connector to a forward token",
    body: { ...CONNECTOR, token: "c1", reverse_token: "f1" },
    answer: NO_REVERSE,
  },
  ...["connector", "the same connector again"].map((name) => ({
    name,
    body: { ...CONNECTOR, token: "c1", reverse_token: "r1" },
    answer: done("c1"),
  })),
  {
    name: "connector that leads elsewhere",
    body: { ...CONNECTOR, token: "c1", reverse_token: "r4" },
    answer: CONNECTOR_EXISTS,
  },
  {
    name: "connector with the name of a forward token",
    body: { ...CONNECTOR, token: "f1", reverse_token: "r1" },
    answer: CONNECTOR_EXISTS,
  },
  {
    name: "forward with the name of a connector token",
    body: { ...FORWARD, token: "c1" },
    answer: EXISTS,
  },
  {
    name: "connector made up",
    body: { ...CONNECTOR, reverse_token: "r4" },
    answer: done(ANY),
  },
  {
    name: "connector anonymous",
    body: { ...CONNECTOR, token: "anonymous", reverse_token: "r1" },
    answer: failed(
      "'anonymous' is reserved and cannot be used as a connector token",
    ),
  },

  // Removal.
  {
    name: "DELETE by path",
    method: "DELETE",
    path: "/api/token/f1",
    answer: done("f1"),
  },
  {
    name: "DELETE of what is not there",
    method: "DELETE",
    path: "/api/token/f1",
    answer: done("f1"),
  },
  {
    name: "DELETE, encoded",
    method: "DELETE",
    path: "/api/token/%3C%26%3E%E2%80%A8%C3%A9%2F%20%25?x=1",
    answer: done("<&>\u2028é/ %"),
  },
  {
    name: "DELETE with a slash",
    method: "DELETE",
    path: "/api/token/a/b+c",
    answer: done("a/b+c"),
  },
  {
    name: "DELETE, wrongly encoded",
    method: "DELETE",
    path: "/api/token/%zz",
    status: 400,
    type: TEXT,
    answer: "400 Bad Request",
  },
  {
    name: "DELETE by body",
    method: "DELETE",
    body: { token: "f9" },
    answer: done("f9"),
  },
  {
    name: "DELETE by body, with a slash",
    method: "DELETE",
    path: "/api/token/",
    body: { token: "f9" },
    answer: done("f9"),
  },
  {
    name: "DELETE by path and body",
    method: "DELETE",
    path: "/api/token/x",
    body: { token: "r1" },
    answer: done("x"),
  },
  { name: "DELETE of nothing", method: "DELETE", answer: UNSPECIFIED },
  {
    name: "DELETE of nothing, with a slash",
    method: "DELETE",
    path: "/api/token/",
    answer: UNSPECIFIED,
  },
  ...['{"token":""}', '{"token":1}', "x"].map((body) => ({
    name: `DELETE with the body ${body}`,
    method: "DELETE",
    body,
    answer: UNSPECIFIED,
  })),
  {
    name: "DELETE of a reverse token",
    method: "DELETE",
    path: "/api/token/r1",
    answer: done("r1"),
  },
  {
    name: "its port is free",
    body: { ...REVERSE, token: "r2", port: 29871 },
    answer: done("r2", 29871),
  },
  {
    name: "its connector token is free",
    body: { ...FORWARD, token: "c1" },
    answer: done("c1"),
  },
];

/** The tokens that are there in the end, as the status shows them, by name. */
export const REMAINING: readonly unknown[] = [
  { token: "*", type: "forward", clients_count: 0 },
  { token: "*", type: "forward", clients_count: 0 },
  { token: "c1", type: "forward", clients_count: 0 },
  { token: "r2", type: "reverse", clients_count: 0, port: 29871 },
  {
    token: "r4",
    type: "reverse",
    clients_count: 0,
    port: -1,
    connector_tokens: ["*"],
  },
  { token: "ra", type: "reverse", clients_count: 0, port: -1 },
  { token: "rb", type: "reverse", clients_count: 0, port: -1 },
];

/** What the reference has more, since it took what we refuse. */
export const REFERENCE_ONLY: readonly string[] = [
  "behind",
  "capitals",
  "r3",
  "ruled",
  LONG,
];

import { assert, assertEquals } from "@std/assert";
import { isApiPath } from "../../lib/admin/api.ts";
import { within } from "../ffi/within.ts";
import { ReferenceProcess } from "../interop/_linksocks.ts";
import { findReference } from "../interop/_packages.ts";
import { freePort } from "../net/free_port.ts";
import { ApiStage } from "./_api_stage.ts";
import { ask } from "./_ask.ts";
import { API_KEY, EXCHANGES, REFERENCE_ONLY, REMAINING } from "./_exchanges.ts";

const DEADLINE_MS = 60_000;
const REFERENCE = await findReference();
const STATUS = { method: "GET", path: "/api/status" };

/** The tokens of the status, sorted, without those of the reference only. */
async function remaining(port: number): Promise<unknown> {
  const { answer } = await ask(port, STATUS);
  const { tokens } = answer as { tokens: { token: string }[] };
  return tokens.filter(({ token }) => !REFERENCE_ONLY.includes(token))
    .sort((a, b) => a.token < b.token ? -1 : 1);
}

Deno.test("[63] handleApi() answers each request as the protocol says", async () => {
  await using stage = new ApiStage();
  for (const exchange of EXCHANGES) {
    const { name, status = 200, type = "application/json", answer } = exchange;
    const given = await ask(stage.port, exchange);
    assertEquals(given, { status, type, answer }, name);
  }
  assertEquals(await remaining(stage.port), REMAINING);
});

if ("reason" in REFERENCE) {
  // deno-lint-ignore no-console
  console.log(`skipped: the API of the reference: ${REFERENCE.reason}`);
}

// Each difference is listed in `_exchanges.ts` with its reason. Two more are
// below JSON: LinkSocks escapes <, > and & in texts, and answers a path with // or
// .. with a redirect.
Deno.test({
  name: "[63] LinkSocks answers the same requests in the same way",
  ignore: "reason" in REFERENCE,
  fn: async () => {
    assert("python" in REFERENCE);
    const port = freePort();
    const options = { port, apiKey: API_KEY };
    await using _server = await ReferenceProcess.api(REFERENCE.python, options);
    for (const exchange of EXCHANGES) {
      const { name, reference, type = "application/json" } = exchange;
      const { status = 200, answer } = reference ?? exchange;
      const given = await within(ask(port, exchange), DEADLINE_MS);
      assertEquals(given, { status, type, answer }, name);
    }
    assertEquals(await remaining(port), REMAINING);
  },
});

Deno.test("[63] handleApi() shows the tokens and who is there", async () => {
  await using stage = new ApiStage();
  const { store, port } = stage;
  const empty = { version: "v0", tokens: [], direct: { enabled: false } };
  assertEquals((await ask(port, STATUS)).answer, empty);
  const forward = store.addForward("f1");
  store.addForward("f2");
  store.addReverse({ token: "r", port: 4000, username: "u", password: "p" });
  store.addConnector({ token: "c1", reverse: "r" });
  store.addConnector({ token: "c2", reverse: "r" });
  const auto = store.addReverse({ token: "a", allowManageConnector: true });
  store.enter(forward);
  store.enter(forward);
  const seat = store.enter(auto, "instance");
  store.addConnectorOf(seat, "own");
  const type = "reverse";
  const { status, type: contentType, answer } = await ask(port, STATUS);
  assertEquals([status, contentType], [200, "application/json"]);
  assertEquals(answer, {
    version: "v0",
    tokens: [
      {
        token: "r",
        type,
        clients_count: 0,
        port: 4000,
        connector_tokens: ["c1", "c2"],
      },
      { token: "a", type, clients_count: 1, port: -1 },
      {
        token: seat.group,
        type,
        clients_count: 1,
        port: -1,
        connector_tokens: ["own"],
      },
      { token: "f1", type: "forward", clients_count: 2 },
      { token: "f2", type: "forward", clients_count: 0 },
    ],
    direct: { enabled: false },
  });
});

Deno.test("handleApi() passes all fields of a reverse token on", async () => {
  await using stage = new ApiStage();
  const body = {
    type: "reverse",
    token: "r",
    port: 4000,
    username: "u",
    password: "p",
  };
  await ask(stage.port, { body });
  const token = { plain: "r" };
  const verdict = stage.store.judge({ token, reverse: true });
  assertEquals(verdict, {
    admitted: true,
    as: {
      kind: "reverse",
      token: "r",
      port: 4000,
      username: "u",
      password: "p",
      allowManageConnector: false,
    },
  });
});

Deno.test("handleApi() says at / that it is there, by any method, without a key", async () => {
  await using stage = new ApiStage();
  for (const method of ["GET", "POST", "PUT"]) {
    assertEquals(await ask(stage.port, { method, path: "/", key: null }), {
      status: 200,
      type: "text/plain",
      answer: "synsocks v0 is running. API endpoints available at /api/*\n",
    });
  }
});

Deno.test("handleApi() with an empty key lets nobody in", async () => {
  await using stage = new ApiStage({ apiKey: "" });
  for (const key of [null, "", API_KEY]) {
    const { status } = await ask(stage.port, { ...STATUS, key });
    assertEquals(status, 401);
  }
});

Deno.test("handleApi() gives a body up that does not arrive", async () => {
  await using stage = new ApiStage({ bodyDeadlineMs: 20 });
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: stage.port });
  const head =
    `POST /api/token HTTP/1.1\r\nHost: x\r\nX-API-Key: ${API_KEY}\r\n` +
    'Content-Length: 100\r\n\r\n{"type":';
  await conn.write(new TextEncoder().encode(head));
  const buffer = new Uint8Array(1024);
  const count = await within(conn.read(buffer), DEADLINE_MS);
  const text = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  assertEquals(text.split("\r\n")[0], "HTTP/1.1 408 Request Timeout");
  assert(text.endsWith(
    '{"success":false,"error":"request body too slow"}\n',
  ));
});

Deno.test("handleApi() does not wait for a body without a key", async () => {
  await using stage = new ApiStage();
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: stage.port });
  const head = "POST /api/token HTTP/1.1\r\nHost: x\r\n" +
    "Content-Length: 100\r\n\r\n";
  await conn.write(new TextEncoder().encode(head));
  const buffer = new Uint8Array(1024);
  const count = await within(conn.read(buffer), DEADLINE_MS);
  const text = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  assertEquals(text.split("\r\n")[0], "HTTP/1.1 401 Unauthorized");
});

Deno.test("handleApi() understands a key that is not ASCII", async () => {
  const apiKey = "schlüssel-ключ";
  await using stage = new ApiStage({ apiKey });
  using conn = await Deno.connect({ hostname: "127.0.0.1", port: stage.port });
  const head =
    `GET /api/status HTTP/1.1\r\nHost: x\r\nX-API-Key: ${apiKey}\r\n\r\n`;
  await conn.write(new TextEncoder().encode(head));
  const buffer = new Uint8Array(1024);
  const count = await within(conn.read(buffer), DEADLINE_MS);
  const text = new TextDecoder().decode(buffer.subarray(0, count ?? 0));
  assertEquals(text.split("\r\n")[0], "HTTP/1.1 200 OK");
});

Deno.test("isApiPath() knows what is the API's", () => {
  for (const path of ["/", "/api", "/api/", "/api/x", "/api/token/a/b"]) {
    assert(isApiPath(path), path);
  }
  for (const path of ["/socket", "/apis", "/x", "/socket/api/", "//"]) {
    assert(!isApiPath(path), path);
  }
});

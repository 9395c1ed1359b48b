import { assertEquals } from "@std/assert";
import { tlsFailure } from "../../lib/transport/tls_failure.ts";
import { UpgradeError } from "../../lib/transport/upgrade_error.ts";
import { WebSocketTransport } from "../../lib/transport/web_socket_transport.ts";

const PREFIX = "NetworkError: failed to connect to WebSocket: ";

Deno.test("UpgradeError says what a status means", () => {
  const messages = [404, 503, 403].map((status) => {
    const error = new UpgradeError(`${PREFIX}Invalid status code: ${status}`);
    assertEquals(error.status, status);
    return error.message;
  });
  assertEquals(messages, [
    "no tunnel server at this address (status 404)",
    "the server is stopping (status 503)",
    "the server opens no WebSocket (status 403)",
  ]);
});

Deno.test("UpgradeError keeps a text without a status", () => {
  const error = new UpgradeError(`${PREFIX}something else`);
  assertEquals(error.status, undefined);
  assertEquals(error.message, `${PREFIX}something else`);
});

/** As `fetch` fails. */
function failure(words: string): TypeError {
  const cause = new Error(
    `error sending request for url (https://h/?token=1): client error (Connect): ${words}`,
  );
  return new TypeError("fetch failed", { cause });
}

for (
  const [words, expected] of [
    ["UnknownIssuer", "no trusted authority has issued it; caCerts adds one"],
    [
      "Other(OtherError(CaUsedAsEndEntity))",
      "it is the certificate of an authority; make one for a server with " +
      "openssl req -addext basicConstraints=critical,CA:FALSE",
    ],
    ["certificate expired: verification time 1 (UNIX)", "it has expired"],
    ["Expired", "it has expired"],
    [
      'certificate not valid for name "h"; certificate is only valid for DnsName("x")',
      "it is for another host name",
    ],
    ["BadSignature", "BadSignature"],
  ] as const
) {
  Deno.test(`tlsFailure() says in words what ${words} is`, () => {
    assertEquals(
      tlsFailure(failure(`invalid peer certificate: ${words}`)),
      `the server's certificate is not accepted: ${expected}`,
    );
  });
}

Deno.test("tlsFailure() knows a server without TLS, and what is no matter of TLS", () => {
  assertEquals(
    tlsFailure(failure("received corrupt message of type InvalidContentType")),
    "the server does not speak TLS: use ws://",
  );
  assertEquals(tlsFailure(failure("connection refused")), undefined);
});

/** What a transport says of the end of its WebSocket. */
async function endOf(code: number, reason: string): Promise<string> {
  const socket = {} as WebSocket;
  const transport = new WebSocketTransport(socket);
  const { promise, resolve } = Promise.withResolvers<string>();
  transport.handler = {
    message() {},
    closed: ({ message }) => resolve(message),
  };
  socket.onclose!({ code, reason } as CloseEvent);
  return await promise;
}

for (
  const { code, reason, expected } of [
    { code: 0, reason: "", expected: "the connection was lost" },
    { code: 1006, reason: "", expected: "the connection was lost" },
    {
      code: 1006,
      reason: "no answer",
      expected: "the WebSocket was closed (no answer)",
    },
    {
      code: 1001,
      reason: "",
      expected: "the WebSocket was closed (code 1001)",
    },
    {
      code: 1008,
      reason: "policy",
      expected: "the WebSocket was closed (code 1008: policy)",
    },
  ]
) {
  Deno.test(`WebSocketTransport says how it ended: ${code} "${reason}"`, async () => {
    assertEquals(await endOf(code, reason), expected);
  });
}

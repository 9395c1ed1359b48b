import { assert, assertEquals, assertMatch, assertThrows } from "@std/assert";
import { TunnelError } from "../../lib/base/errors.ts";
import { PortPool } from "../../lib/tokens/port_pool.ts";
import type { Membership, Token } from "../../lib/tokens/token.ts";
import {
  MAX_PROVIDER_CONNECTORS,
  TokenStore,
} from "../../lib/tokens/token_store.ts";
import { hashToken } from "../../lib/wire/token.ts";

function refused(run: () => unknown, message: string, code = "denied"): void {
  const error = assertThrows(run, TunnelError);
  assertEquals([error.message, error.code], [message, code]);
}

/** A registry with an autonomous reverse token `r`. */
function autonomy() {
  const registry = new TokenStore();
  const reverse = registry.addReverse({
    token: "r",
    allowManageConnector: true,
  });
  return { registry, reverse };
}

/** What a client that says this token is admitted as. */
function admitted(registry: TokenStore, plain: string): Token {
  const verdict = registry.judge({ token: { plain }, reverse: undefined });
  assert(verdict.admitted);
  return verdict.as;
}

Deno.test("[58] TokenStore refuses a token that another kind has", () => {
  const registry = new TokenStore();
  registry.addForward("f");
  registry.addReverse({ token: "r" });
  registry.addConnector({ token: "c", reverse: "r" });
  for (const token of ["f", "r", "c"]) {
    refused(() => registry.addForward(token), "token already exists");
    refused(() => registry.addReverse({ token }), "token already exists");
  }
  for (const token of ["f", "r"]) {
    refused(
      () => registry.addConnector({ token, reverse: "r" }),
      "connector token already exists",
    );
  }
});

Deno.test("[58] TokenStore refuses exactly the word anonymous", () => {
  const registry = new TokenStore();
  const token = "anonymous";
  const text = "'anonymous' is reserved and cannot be used as a token";
  refused(() => registry.addForward(token), text);
  refused(() => registry.addReverse({ token }), text);
  registry.addReverse({ token: "Anonymous" });
  refused(
    () => registry.addConnector({ token, reverse: "Anonymous" }),
    "'anonymous' is reserved and cannot be used as a connector token",
  );
  assertEquals(registry.addForward("anonymous ").token, "anonymous ");
});

Deno.test("[58] TokenStore makes up tokens of 16 hex digits", () => {
  const registry = new TokenStore();
  const reverse = registry.addReverse({ token: "" }).token;
  const tokens = [
    reverse,
    registry.addReverse().token,
    registry.addForward().token,
    registry.addForward("").token,
    registry.addConnector({ reverse }).token,
    registry.addConnector({ reverse, token: "" }).token,
  ];
  for (const token of tokens) assertMatch(token, /^[0-9a-f]{16}$/);
  assertEquals(new Set(tokens).size, tokens.length);
});

Deno.test("TokenStore.addConnector() takes the same pair again, and no other", () => {
  const registry = new TokenStore();
  registry.addReverse({ token: "r1" });
  registry.addReverse({ token: "r2" });
  registry.addForward("f");
  const added = registry.addConnector({ token: "c", reverse: "r1" });
  assert(registry.addConnector({ token: "c", reverse: "r1" }) === added);
  refused(
    () => registry.addConnector({ token: "c", reverse: "r2" }),
    "connector token already exists",
  );
  for (const reverse of ["none", "f", "c", ""]) {
    refused(
      () => registry.addConnector({ token: "x", reverse }),
      "reverse token does not exist",
    );
  }
});

Deno.test("[7] TokenStore.judge() decides by token, and by role if one is asked", async () => {
  const registry = new TokenStore();
  registry.addForward("f");
  registry.addReverse({ token: "r" });
  registry.addConnector({ token: "c", reverse: "r" });
  const cases = [
    { token: "f", kind: "forward", provider: false },
    { token: "r", kind: "reverse", provider: true },
    { token: "c", kind: "connector", provider: false },
  ];
  for (const { token: plain, kind, provider } of cases) {
    const hash = await hashToken(plain);
    for (const token of [{ plain }, { hash }]) {
      for (const reverse of [undefined, true, false]) {
        const verdict = registry.judge({ token, reverse });
        const fits = reverse === undefined || reverse === provider;
        assertEquals(
          verdict.admitted ? verdict.as.kind : verdict.reason,
          fits ? kind : "invalid token",
          `${plain} ${reverse}`,
        );
      }
    }
  }
});

Deno.test("[6] TokenStore.judge() rejects what it does not know", async () => {
  const registry = new TokenStore();
  registry.addForward("f");
  const hash = await hashToken("f");
  const tokens = [
    { plain: "" },
    { plain: "F" },
    { plain: hash },
    { plain: "anonymous" },
    { hash: "f" },
    { hash: hash.toUpperCase() },
    { hash: await hashToken("anonymous") },
  ];
  for (const token of tokens) {
    const verdict = registry.judge({ token, reverse: undefined });
    const expected = { admitted: false, reason: "invalid token" } as const;
    assertEquals(verdict, expected, JSON.stringify(token));
  }
});

Deno.test("TokenStore.addReverse() gives ports, and none in autonomy", () => {
  const range = { first: 10, last: 10 };
  const registry = new TokenStore(new PortPool({ range }));
  const options = { username: "u", password: "p" };
  assertEquals(registry.addReverse({ token: "r", ...options }), {
    kind: "reverse",
    token: "r",
    port: 10,
    ...options,
    allowManageConnector: false,
  });
  refused(
    () => registry.addReverse({ token: "full" }),
    "cannot allocate port: 0",
    "exhausted",
  );
  refused(
    () => registry.addReverse({ token: "full", port: 10 }),
    "cannot allocate port: 10",
    "exhausted",
  );
  assertEquals(registry.addReverse({ token: "full", port: 11 }).port, 11);
  assertEquals(registry.addReverse({ port: -1 }).port, -1);
  assertEquals(registry.addReverse({ port: -1 }).port, -1);
  const own = { port: 10, allowManageConnector: true };
  assertEquals(registry.addReverse(own).port, -1);
});

Deno.test("[59] TokenStore.remove() takes connector tokens along and frees the port", () => {
  const registry = new TokenStore();
  const reverse = registry.addReverse({ token: "r", port: 4000 });
  registry.addReverse({ token: "other" });
  const connectors = ["c1", "c2"].map((token) =>
    registry.addConnector({ token, reverse: "r" })
  );
  registry.addConnector({ token: "c3", reverse: "other" });
  assertEquals(registry.remove("r"), [reverse, ...connectors]);
  for (const plain of ["r", "c1", "c2"]) {
    const verdict = registry.judge({ token: { plain }, reverse: undefined });
    assertEquals(verdict.admitted, false, plain);
  }
  assertEquals(admitted(registry, "c3").kind, "connector");
  assertEquals(registry.remove("r"), []);
  assertEquals(registry.addReverse({ token: "c1", port: 4000 }).port, 4000);
});

Deno.test("TokenStore.remove() takes one forward or connector token", () => {
  const registry = new TokenStore();
  const forward = registry.addForward("f");
  registry.addReverse({ token: "r" });
  const connector = registry.addConnector({ token: "c", reverse: "r" });
  assertEquals(registry.remove("f"), [forward]);
  assertEquals(registry.remove("c"), [connector]);
  assertEquals(registry.snapshot().map(({ token }) => token), ["r"]);
});

Deno.test("TokenStore counts the clients of each token, also of one added again", () => {
  const registry = new TokenStore();
  const [one, two] = [registry.addForward("f1"), registry.addForward("f2")];
  const membership = registry.enter(one);
  registry.enter(one);
  const counts = () => registry.snapshot().map((line) => line.clientsCount);
  // LinkSocks shows all clients at a forward token that has none.
  assertEquals(counts(), [2, 0]);
  registry.enter(two);
  registry.leave(membership);
  registry.leave(membership);
  assertEquals(counts(), [1, 1]);
  registry.remove("f2");
  registry.addForward("f2");
  assertEquals(counts(), [1, 0]);
});

Deno.test("TokenStore.snapshot() lists reverse tokens, their groups, then forward tokens", () => {
  const { registry, reverse } = autonomy();
  registry.addForward("f");
  registry.addReverse({ token: "p", port: 4000, password: "secret" });
  registry.addConnector({ token: "c1", reverse: "p" });
  registry.addConnector({ token: "c2", reverse: "p" });
  registry.addConnector({ token: "any", reverse: "r" });
  const membership = registry.enter(reverse, "i");
  registry.enter(reverse, "i");
  registry.addConnectorOf(membership, "own");
  registry.enter(admitted(registry, "own"));
  const type = "reverse";
  assertEquals(registry.snapshot(), [
    { token: "r", type, clientsCount: 2, port: -1, connectorTokens: ["any"] },
    {
      token: membership.group ?? "no group",
      type,
      clientsCount: 2,
      port: -1,
      connectorTokens: ["own"],
    },
    {
      token: "p",
      type,
      clientsCount: 0,
      port: 4000,
      connectorTokens: ["c1", "c2"],
    },
    { token: "f", type: "forward", clientsCount: 0 },
  ]);
});

Deno.test("[54] TokenStore.addConnectorOf() wants an autonomous provider", () => {
  const { registry } = autonomy();
  registry.addReverse({ token: "plain" });
  registry.addForward("f");
  registry.addConnector({ token: "c", reverse: "r" });
  for (const token of ["plain", "f", "c"]) {
    const membership = registry.enter(admitted(registry, token));
    const text = "Unauthorized connector management attempt";
    refused(() => registry.addConnectorOf(membership, "x"), text);
    refused(() => registry.removeConnectorOf(membership, "c"), text);
  }
});

Deno.test("[55] TokenStore.addConnectorOf() answers as the protocol says", () => {
  const { registry, reverse } = autonomy();
  registry.addForward("f");
  const [a, b] = ["a", "b"].map((name) => registry.enter(reverse, name));
  const [membership, other] = [a!, b!];
  const added = registry.addConnectorOf(membership, "c");
  assertEquals(added.group, membership.group);
  assert(registry.addConnectorOf(membership, "c") === added);
  for (const token of ["c", "f", "r"]) {
    refused(
      () => registry.addConnectorOf(other, token),
      "connector token already exists",
    );
  }
  refused(
    () => registry.addConnectorOf(membership, "anonymous"),
    "'anonymous' is reserved and cannot be used as a connector token",
  );
  assertMatch(registry.addConnectorOf(membership, "").token, /^[0-9a-f]{16}$/);
  registry.remove("r");
  refused(
    () => registry.addConnectorOf(membership, "d"),
    "reverse token does not exist",
  );
});

Deno.test("[55] TokenStore.removeConnectorOf() touches the provider's own tokens only", () => {
  const { registry, reverse } = autonomy();
  registry.addForward("f");
  registry.addConnector({ token: "operator", reverse: "r" });
  const membership = registry.enter(reverse, "a");
  const other = registry.enter(reverse, "b");
  const added = registry.addConnectorOf(membership, "c");
  for (const token of ["c", "f", "r", "operator", "none", ""]) {
    assertEquals(registry.removeConnectorOf(other, token), undefined, token);
  }
  assertEquals(admitted(registry, "c"), added);
  assert(registry.removeConnectorOf(membership, "c") === added);
  assertEquals(registry.addConnectorOf(other, "c").group, other.group);
});

Deno.test("[56] TokenStore keeps a group while its provider is away", () => {
  const { registry, reverse } = autonomy();
  const first = registry.enter(reverse, "a");
  const second = registry.enter(reverse, "a");
  assertEquals(second.group, first.group);
  const added = registry.addConnectorOf(first, "c");
  registry.leave(first);
  registry.leave(second);
  const again = registry.enter(reverse, "a");
  assertEquals(again.group, first.group);
  assert(registry.addConnectorOf(again, "c") === added);
});

Deno.test("[56] TokenStore lets a new instance take over from one that is gone", () => {
  const { registry, reverse } = autonomy();
  registry.addReverse({ token: "stranger", allowManageConnector: true });
  const first = registry.enter(reverse, "a");
  const added = registry.addConnectorOf(first, "c");
  const second = registry.enter(reverse, "b");
  const stranger = registry.enter(admitted(registry, "stranger"), "a");
  const text = "connector token already exists";
  refused(() => registry.addConnectorOf(second, "c"), text);
  registry.leave(first);
  refused(() => registry.addConnectorOf(stranger, "c"), text);
  // Connectors that came before keep their token: it leads elsewhere now.
  assert(registry.addConnectorOf(second, "c") === added);
  assertEquals(added.group, second.group);
  assert(registry.enter(reverse, "a").group !== first.group);
});

Deno.test("TokenStore forgets groups that have neither provider nor token", () => {
  const { registry, reverse } = autonomy();
  const lines = () => registry.snapshot().length;
  registry.leave(registry.enter(reverse));
  assertEquals(lines(), 1);
  const membership = registry.enter(reverse);
  registry.addConnectorOf(membership, "c");
  registry.leave(membership);
  assertEquals(lines(), 2);
  registry.remove("c");
  assertEquals(lines(), 1);
});

Deno.test("TokenStore puts providers without an instance into groups of their own", () => {
  const { registry, reverse } = autonomy();
  const groups = [1, 2, 3].map(() => registry.enter(reverse).group);
  assertEquals(new Set(groups).size, 3);
});

Deno.test("TokenStore limits what the providers of a reverse token add", () => {
  const { registry, reverse } = autonomy();
  const members: Membership[] = [
    registry.enter(reverse),
    registry.enter(reverse),
  ];
  for (let i = 0; i < MAX_PROVIDER_CONNECTORS; i++) {
    registry.addConnectorOf(members[i % 2]!, `c${i}`);
  }
  const text = "too many connector tokens";
  refused(() => registry.addConnectorOf(members[0]!, "more"), text, "limit");
  registry.addConnector({ token: "operator", reverse: "r" });
  registry.removeConnectorOf(members[0]!, "c0");
  registry.addConnectorOf(members[1]!, "more");
});

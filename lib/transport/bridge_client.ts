/** For hosts in these the built-in client goes around its proxy: the bridge. */
const EXEMPTIONS = ["NO_PROXY", "no_proxy"];

/**
 * A client that goes to the bridge whatever `NO_PROXY` says: that list is about
 * the user's proxies, of which the bridge is none. A client reads it when it is
 * made, so it is hidden for that moment; without the permission to do so the
 * WebSocket may dial by itself.
 */
export function bridgeClient(
  options: Deno.CreateHttpClientOptions,
): Deno.HttpClient {
  const hidden = EXEMPTIONS.flatMap((name) => {
    const { state } = Deno.permissions.querySync({
      name: "env",
      variable: name,
    });
    const value = state === "granted" ? Deno.env.get(name) : undefined;
    return value === undefined ? [] : [[name, value] as const];
  });
  for (const [name] of hidden) Deno.env.delete(name);
  try {
    return Deno.createHttpClient(options);
  } finally {
    for (const [name, value] of hidden) Deno.env.set(name, value);
  }
}

/** The built-in client bypasses its proxy, the bridge, for hosts in these. */
const EXEMPTIONS = ["NO_PROXY", "no_proxy"];

/**
 * Makes a client that uses the bridge regardless of `NO_PROXY`, which is about
 * the user's proxies. A client reads the variable when it is made, so it is
 * hidden for that moment; without that permission the WebSocket may dial by
 * itself.
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

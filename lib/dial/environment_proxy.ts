import type { Target } from "../base/address.ts";
import type { Environment } from "../base/environment.ts";
import { isListed } from "./no_proxy.ts";
import { parseProxyUrl, type ProxyAddress } from "./proxy_url.ts";

/**
 * Default port of an `http` proxy in a variable, as in LinkSocks; curl uses
 * 1080.
 */
const HTTP_PORT = 80;
const LOOPBACK = /^(?:(?:.+\.)?localhost\.?|127(?:\.\d+){3}|::1)$/i;

/**
 * The proxy that the environment names for a server: `HTTP_PROXY`, or for TLS
 * `HTTPS_PROXY`, else `ALL_PROXY`; each in upper case, else in lower case. A
 * value without a scheme is an `http` proxy. This machine and what `NO_PROXY`
 * lists need none.
 *
 * @param target The server.
 * @param secure Whether it is reached with TLS.
 * @param environment Where variables are looked up.
 * @returns The proxy, or nothing.
 * @throws {ConfigError} If the variable is not the URL of a proxy; names it.
 */
export function findEnvironmentProxy(
  target: Target,
  secure: boolean,
  environment: Environment,
): ProxyAddress | undefined {
  const name = [secure ? "HTTPS_PROXY" : "HTTP_PROXY", "ALL_PROXY"]
    .flatMap((upper) => [upper, upper.toLowerCase()])
    .find((one) => environment(one)?.trim());
  if (name === undefined || LOOPBACK.test(target.host)) return undefined;
  const exempt = environment("NO_PROXY") || environment("no_proxy") || "";
  if (isListed(exempt, target)) return undefined;
  const value = environment(name)!.trim();
  const url = value.includes("://") ? value : `http://${value}`;
  return parseProxyUrl(url, name, { httpPort: HTTP_PORT });
}

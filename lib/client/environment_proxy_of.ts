import type { Environment } from "../base/environment.ts";
import type { Target } from "../base/address.ts";
import type { Logger } from "../base/logger.ts";
import { findEnvironmentProxy } from "../dial/environment_proxy.ts";
import { formatProxy, type ProxyAddress } from "../dial/proxy_url.ts";
import { targetOf } from "../transport/tunnel_url.ts";

/**
 * Returns a function that finds the proxy for a server, if the environment
 * names one.
 *
 * @param urls The known servers; their proxies are logged.
 * @throws {ConfigError} If the variable for one of them is wrong.
 */
export function environmentProxyOf(
  urls: readonly URL[],
  environment: Environment | undefined,
  logger: Logger,
): (server: Target, secure: boolean) => ProxyAddress | undefined {
  const proxyFor = (server: Target, secure: boolean) =>
    environment && findEnvironmentProxy(server, secure, environment);
  for (const url of urls) {
    const proxy = proxyFor(targetOf(url), url.protocol === "wss:");
    if (!proxy) continue;
    logger.info("The server is dialed through a proxy of the environment", {
      host: url.host,
      proxy: formatProxy(proxy),
    });
  }
  return proxyFor;
}

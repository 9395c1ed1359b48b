import { ConfigError } from "../base/errors.ts";
import type { Login } from "../inbound/socks5.ts";

/**
 * Checks the credentials of a SOCKS port; `undefined` lets everybody in.
 *
 * @param prefix Prefix of the property names in errors
 * @throws {ConfigError} if one half is missing
 */
export function checkedLogin(
  username: string = "",
  password: string = "",
  prefix: string = "",
): Login | undefined {
  if ((username === "") !== (password === "")) {
    throw new ConfigError(
      prefix + (username === "" ? "username" : "password"),
      "user name and password must be given together",
    );
  }
  if (username === "") return undefined;
  const encoder = new TextEncoder();
  return {
    username: encoder.encode(username),
    password: encoder.encode(password),
  };
}

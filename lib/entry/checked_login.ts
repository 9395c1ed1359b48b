import { ConfigError } from "../base/errors.ts";
import type { Login } from "../inbound/socks5.ts";

/**
 * Who may use a SOCKS port; everybody if neither half is given.
 *
 * @throws {ConfigError} if one half is missing
 */
export function checkedLogin(
  username: string = "",
  password: string = "",
): Login | undefined {
  if ((username === "") !== (password === "")) {
    throw new ConfigError(
      username === "" ? "--socks-username" : "--socks-password",
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

import { ConfigError } from "../base/errors.ts";
import type { Login } from "../inbound/socks5.ts";

/**
 * Who may use a SOCKS port; everybody if neither half is given.
 *
 * @param prefix What the names of both stand behind in errors
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

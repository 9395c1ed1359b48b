import { ConfigError } from "../base/errors.ts";

/**
 * The name and password that apps must give, if the user wants them to.
 *
 * @param values What the flags say; empty if they are absent.
 * @returns Both, or neither.
 * @throws {ConfigError} If one is missing.
 */
export function checkedLoginFlags(
  { socksUsername, socksPassword }: {
    socksUsername: string;
    socksPassword: string;
  },
): { username?: string; password?: string } {
  if ((socksUsername === "") !== (socksPassword === "")) {
    // LinkSocks takes one without the other for none, and lets everybody in.
    const [given, missing] = socksUsername === ""
      ? ["--socks-password", "--socks-username"]
      : ["--socks-username", "--socks-password"];
    throw new ConfigError(given!, `needs ${missing} beside it`);
  }
  return socksUsername === ""
    ? {}
    : { username: socksUsername, password: socksPassword };
}

import { ConfigError, errorText } from "../base/errors.ts";

/**
 * Reads the file of `--ca-file`.
 *
 * @returns PEM.
 * @throws {ConfigError} If it cannot be read or has no certificate.
 */
export async function readCaFile(path: string): Promise<string> {
  let text: string;
  try {
    text = await Deno.readTextFile(path);
  } catch (error) {
    throw new ConfigError("caCerts", `cannot be read: ${errorText(error)}`);
  }
  if (!text.includes("-----BEGIN CERTIFICATE-----")) {
    throw new ConfigError("caCerts", `no PEM certificate in ${path}`);
  }
  return text;
}

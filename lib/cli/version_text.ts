import config from "../../deno.json" with { type: "json" };

/** Our version, from `deno.json`. */
export const VERSION: string = config.version;

/**
 * The line that `version` prints.
 *
 * @returns Name, version, system and runtime.
 */
export function versionText(): string {
  const { os, arch } = Deno.build;
  return `synsocks version ${VERSION} ${os}/${arch} (Deno ${Deno.version.deno})`;
}

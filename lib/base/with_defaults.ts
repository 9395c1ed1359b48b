/**
 * Fills options with their defaults. An option that is `undefined` counts as
 * absent.
 */
export function withDefaults<
  Options extends object,
  Name extends keyof Options,
>(
  options: Options,
  defaults: Required<Pick<Options, Name>>,
): Required<Pick<Options, Name>> {
  const given = Object.entries(options).filter(([, one]) => one !== undefined);
  return { ...defaults, ...Object.fromEntries(given) };
}

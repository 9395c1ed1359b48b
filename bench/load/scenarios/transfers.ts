import type { Transfer } from "../generator.ts";

/** In sizes and rates of the reports. */
export const MEGA = 1e6;

/** What is wrong with transfers of so many bytes; nothing if all is well. */
export function failureOf(
  transfers: readonly Transfer[],
  bytes: number,
): string | undefined {
  const wrong = transfers.find((one) =>
    one.bytes !== bytes || one.badAt !== -1 || one.end !== "end"
  );
  if (!wrong) return undefined;
  const { bytes: got, badAt, end } = wrong;
  const where = badAt === -1 ? "" : `, wrong from byte ${badAt} on`;
  return `${got} of ${bytes} bytes${where}, then ${end}`;
}

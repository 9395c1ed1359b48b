/** One time measured at one pair of distances, all in milliseconds. */
export interface Point {
  t: number;
  d: number;
  ms: number;
}

/** ms = t × T + d × D + rest. */
export interface Fit {
  /** Round trips between client and server. */
  t: number;
  /** Round trips between server and target. */
  d: number;
  /** What does not depend on the distances, in milliseconds. */
  rest: number;
}

/**
 * The least squares fit of round trips to times.
 *
 * @returns nothing when the points do not tell T and D apart
 */
export function fitRoundTrips(points: readonly Point[]): Fit | undefined {
  const mean = (of: (point: Point) => number) =>
    points.reduce((sum, point) => sum + of(point), 0) / points.length;
  const [t0, d0, ms0] = [mean((p) => p.t), mean((p) => p.d), mean((p) => p.ms)];
  const tt = mean((p) => (p.t - t0) ** 2);
  const dd = mean((p) => (p.d - d0) ** 2);
  const td = mean((p) => (p.t - t0) * (p.d - d0));
  const tm = mean((p) => (p.t - t0) * (p.ms - ms0));
  const dm = mean((p) => (p.d - d0) * (p.ms - ms0));
  const determinant = tt * dd - td * td;
  if (!(determinant > 1e-6)) return undefined;
  const t = (tm * dd - dm * td) / determinant;
  const d = (dm * tt - tm * td) / determinant;
  return { t, d, rest: ms0 - t * t0 - d * d0 };
}

/** Medians, spreads and slopes of samples. */

/** The middle value; the mean of the two in the middle where their number is even. NaN of none. */
export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** The value below which a share `at` (0 to 1) of the values lies, linear between two of them. */
export function quantile(values: readonly number[], at: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const place = (sorted.length - 1) * at;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}

/** How far repeats of one thing lie apart: the middle half's width, as a share of the median. 0 of fewer than three. */
export function spread(values: readonly number[]): number {
  if (values.length < 3) return 0;
  const middle = median(values);
  return middle === 0 ? 0 : Math.abs((quantile(values, 0.75) - quantile(values, 0.25)) / middle);
}

/** What each step of x adds to y: the slope of the straight line with the least squares. NaN of fewer than two x. */
export function slope(points: readonly (readonly [x: number, y: number])[]): number {
  const mean = (pick: 0 | 1): number => points.reduce((sum, point) => sum + point[pick], 0) / points.length;
  const [middleX, middleY] = [mean(0), mean(1)];
  let both = 0;
  let square = 0;
  for (const [x, y] of points) {
    both += (x - middleX) * (y - middleY);
    square += (x - middleX) ** 2;
  }
  return both / square;
}

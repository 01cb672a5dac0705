/** Of one quantity over several runs. */
export type Spread = { readonly median: number; readonly min: number; readonly max: number };

/** The middle one, or the mean of the two in the middle. Throws when there are none. */
export function median(values: readonly number[]): number {
  const sorted = inOrder(values);
  const middle = sorted.length / 2;
  return (at(sorted, Math.ceil(middle) - 1) + at(sorted, Math.floor(middle))) / 2;
}

/** The smallest value that at least `share` of them do not exceed (nearest rank); `share` is in (0, 1]. Throws when there are none. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = inOrder(values);
  return at(sorted, Math.max(0, Math.ceil(share * sorted.length) - 1));
}

export function spread(values: readonly number[]): Spread {
  const sorted = inOrder(values);
  return { median: median(values), min: at(sorted, 0), max: at(sorted, sorted.length - 1) };
}

function inOrder(values: readonly number[]): readonly number[] {
  return values.toSorted((one, other) => one - other);
}

function at(values: readonly number[], place: number): number {
  const value = values[place];
  if (value === undefined) throw new RangeError('statistics of no values');
  return value;
}

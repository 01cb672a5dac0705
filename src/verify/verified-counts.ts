import type { Verified } from './verified.ts';

const CLASSES = [
  ...(['rows', 'records', 'missing', 'extra', 'differing', 'repaired'] as const),
  ...(['newer', 'deadLetters', 'erased', 'belowFloor', 'retained', 'unfit'] as const),
] as const;

/** Rows, records, and how many of each class: nothing of what stands in them. */
export function verifiedCounts(verified: Verified): Readonly<Record<string, number>> {
  return Object.fromEntries(CLASSES.map((name) => [name, verified[name]]));
}

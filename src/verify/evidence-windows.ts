import type { EvidenceWindow } from './evidence-statement.ts';
import type { VerifiedWindow } from './verified.ts';

/** A window of a comparison, as evidence lists it. */
export function evidenceWindow({ from, to, isOutside, slice, count, hash }: VerifiedWindow): EvidenceWindow {
  return {
    ...(isOutside ? { outside: true } : { from: from ?? null, to: to ?? null }),
    ...(slice.of === 1 ? {} : { slice: slice.at, slices: slice.of }),
    count,
    hash,
  };
}

import type { Slot } from '../database/slot.ts';

/** The slot as it was seen once. */
export type SlotLook = Pick<Slot, 'confirmedLsn' | 'decodedBytes' | 'countedSince'> & {
  /** System and timeline. */
  readonly server: string;
  /** Nobody else was seen to hold it since this process did. */
  readonly ours: boolean;
};

/** What the sessions of one process hand on of the slot. A slot has no identity of its own: only its history tells it from another of its name. */
export type SlotMemory = { last: SlotLook | undefined };

/**
 * Whether the slot was made anew, or moved without being read, since it was seen: it stands further on, and what lies between went through
 * nobody. Another loader that held it meanwhile has decoded that, and the server counts it.
 */
export function wasReplaced(before: SlotLook, now: SlotLook): boolean {
  if (now.confirmedLsn <= before.confirmedLsn) return false;
  const isSameCount = now.countedSince === before.countedSince;
  if (isSameCount && now.decodedBytes < before.decodedBytes) return true;
  // Through a quiet slot nothing is decoded, whoever holds it: then it counts that nobody else was seen to.
  return now.decodedBytes === 0 && (before.ours || now.server !== before.server);
}

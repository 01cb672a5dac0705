import { createHash } from 'node:crypto';

/** Leaves room in the 63 bytes of a slot's name. https://www.postgresql.org/docs/current/warm-standby.html#STREAMING-REPLICATION-SLOTS-MANIPULATION */
export const BOOKMARK_NAME_MAX = 30;

/** Whether a bookmark may have this name: a part of the name of a slot. */
export function isBookmarkName(name: string): boolean {
  return /^[a-z0-9_]+$/.test(name) && name.length <= BOOKMARK_NAME_MAX;
}

/**
 * With which the slots of a slot's bookmarks begin. A digest rather than the slot's own name, which may have 63 bytes: what begins so was
 * made for this slot by us, and by nobody else, so that it may be dropped.
 */
export function bookmarkSlotPrefix(slot: string): string {
  return `wal2algolia_bookmark_${createHash('sha256').update(slot).digest('hex').slice(0, 8)}_`;
}

export function bookmarkSlot(slot: string, name: string): string {
  return bookmarkSlotPrefix(slot) + name;
}

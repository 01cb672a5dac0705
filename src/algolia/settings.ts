import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Algolia, IndexSettings } from './client.ts';
import { RefusedError } from './failures.ts';
import { attributeName, isSameSetting } from './setting-values.ts';

export type SettingChange = { readonly name: string; readonly from: unknown; readonly to: unknown };

/** What would have to change, by name. Settings that `wanted` does not name are left alone; null asks for Algolia's default. */
export function diffSettings(current: IndexSettings, wanted: IndexSettings): readonly SettingChange[] {
  return Object.keys(wanted)
    .sort()
    .map((name) => ({ name, from: current[name] ?? null, to: wanted[name] ?? null }))
    .filter(({ name, from, to }) => !isSameSetting(name, from, to));
}

const PUBLISHED_WITHIN_MS = 30_000;
const PAUSE_MS = 200;

export type AppliedSettings = {
  readonly changes: readonly SettingChange[];
  /** Whether the index has them now; a busy one applies them behind what is queued. */
  readonly published: boolean;
};

/** Makes the settings of an index those wanted. Waits until the change is published, though not longer than half a minute. */
export async function applySettings(
  algolia: Pick<Algolia, 'getSettings' | 'setSettings' | 'isPublished'>,
  index: string,
  wanted: IndexSettings,
): Promise<AppliedSettings> {
  const changes = diffSettings((await algolia.getSettings(index)) ?? {}, wanted);
  if (changes.length === 0) return { changes, published: true };
  const { taskID } = await algolia.setSettings(
    index,
    Object.fromEntries(changes.map(({ name, to }) => [name, to])),
  );
  const deadline = Date.now() + PUBLISHED_WITHIN_MS;
  while (!(await isApplied(algolia, index, taskID, wanted))) {
    if (Date.now() >= deadline) return { changes, published: false };
    await delay(PAUSE_MS);
  }
  return { changes, published: true };
}

/** Asking about a task takes the right addObject, which a key for settings needs not have: it looks at the settings instead. */
async function isApplied(
  algolia: Pick<Algolia, 'getSettings' | 'isPublished'>,
  index: string,
  taskID: number,
  wanted: IndexSettings,
): Promise<boolean> {
  try {
    return await algolia.isPublished(index, taskID);
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 403) throw error;
    return diffSettings((await algolia.getSettings(index)) ?? {}, wanted).length === 0;
  }
}

const NAMING = ['searchableAttributes', 'attributesForFaceting', 'numericAttributesForFiltering'];

/** Whether an index that had lists of attributes gets others in them: its records were made by another mapping. */
export function namesChange(changes: readonly SettingChange[]): boolean {
  return changes
    .filter(({ name }) => NAMING.includes(name))
    .some(({ from, to }) => {
      const before = attributeNames(from);
      return before.length > 0 && !isDeepStrictEqual(before, attributeNames(to));
    });
}

function attributeNames(list: unknown): readonly string[] {
  if (!Array.isArray(list)) return [];
  const names = list.flatMap((entry) => String(entry).split(',')).map((name) => attributeName(name.trim()));
  return [...new Set(names)].sort();
}

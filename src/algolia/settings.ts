import { setTimeout as delay } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import type { Algolia, IndexSettings } from './client.ts';

export type SettingChange = { readonly name: string; readonly from: unknown; readonly to: unknown };

/** What would have to change, by name. Settings that `wanted` does not name are left alone; null asks for Algolia's default. */
export function diffSettings(current: IndexSettings, wanted: IndexSettings): readonly SettingChange[] {
  return Object.keys(wanted)
    .sort()
    .map((name) => ({ name, from: current[name] ?? null, to: wanted[name] ?? null }))
    .filter(({ from, to }) => !isDeepStrictEqual(from, to));
}

const PUBLISHED_WITHIN_MS = 30_000;
const PAUSE_MS = 200;

/**
 * Makes the settings of an index those wanted and returns what it changed. Waits until the change is published, though not longer
 * than half a minute, since a busy index applies it behind what is queued.
 */
export async function applySettings(
  algolia: Pick<Algolia, 'getSettings' | 'setSettings' | 'isPublished'>,
  index: string,
  wanted: IndexSettings,
): Promise<readonly SettingChange[]> {
  const changes = diffSettings((await algolia.getSettings(index)) ?? {}, wanted);
  if (changes.length === 0) return changes;
  const { taskID } = await algolia.setSettings(
    index,
    Object.fromEntries(changes.map(({ name, to }) => [name, to])),
  );
  const deadline = Date.now() + PUBLISHED_WITHIN_MS;
  while (!(await algolia.isPublished(index, taskID)) && Date.now() < deadline) await delay(PAUSE_MS);
  return changes;
}

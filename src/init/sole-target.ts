import type { FoundColumn } from '../database/found-tables.ts';
import { isName } from './column-kinds.ts';
import { words } from './column-words.ts';
import type { Role } from './roles.ts';
import type { RowKey } from './row-key.ts';
import { meaningOf } from './sensitive-names.ts';

/** Nouns of what surrounds an action, and is not what it was done to. */
const SURROUNDINGS =
  /^(parent|request|trace|span|batch|transaction|correlation|log|event|audit|session|group|job|process)$/;

/**
 * Where every row is about the same kind of thing, its column is called after it: `content_item_id`. Undefined where a column says
 * what kind of thing it is, or several may be meant.
 */
export function findSoleTarget(
  columns: readonly FoundColumn[],
  roles: ReadonlyMap<Role, FoundColumn>,
  key: RowKey,
): { readonly column: FoundColumn; readonly noun: string } | undefined {
  if (roles.has('targetId') || roles.has('targetType')) return undefined;
  const taken = new Set(roles.values());
  const found = columns.flatMap((column) => {
    const [, noun] = /^(.+?)_(?:id|uuid|guid|pk)$/.exec(words(column.name)) ?? [];
    const isFree = !taken.has(column) && !key.columns.includes(column.name) && !column.isGenerated;
    if (noun === undefined || !isFree || !isName(column) || SURROUNDINGS.test(noun)) return [];
    return meaningOf(column.name).tag === 'thing' ? [{ column, noun }] : [];
  });
  return found.length === 1 ? found[0] : undefined;
}

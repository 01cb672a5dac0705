import type { KeyAttributes } from '../config/key-attributes.ts';
import type { Config } from '../config/schema.ts';
import { UsageError } from '../errors.ts';
import { isPseudonym, Pseudonyms } from './pseudonyms.ts';

type ActorConfig = Pick<Config, 'tables' | 'pseudonyms'> & { readonly keys: KeyAttributes };

/**
 * All that the records of these tables call an actor, by `keys.actorAttribute`. Where that is a pseudonym, an original id becomes every
 * pseudonym that it has under any key; what has the form of one is taken for one unless it `isOriginal`. Throws a UsageError where
 * that cannot be done: a part of a person's ids would hide a part of what they did.
 */
export function actorIds(
  { tables, keys: { actorAttribute }, pseudonyms: { keys } }: ActorConfig,
  given: string,
  isOriginal = false,
): readonly string[] {
  const attributes = Object.values(tables).map(({ attributes }) => attributes?.[actorAttribute]);
  const kinds = attributes.flatMap((attribute) =>
    typeof attribute === 'object' && 'pseudonym' in attribute ? [attribute.pseudonym.kind] : [],
  );
  if (kinds.length === 0 || (isPseudonym(given) && !isOriginal)) return [given];
  const remedy = 'Give one of the ids that stand in the records; `wal2algolia identities export` tells them.';
  if (keys.length === 0) {
    throw new UsageError(
      `"${actorAttribute}" is a pseudonym, and the keys to make it of an original id are not here`,
      { remedy: `Set them as \`run\` has them. ${remedy}` },
    );
  }
  const maker = new Pseudonyms(keys);
  const ids = kinds.flatMap((kind) => {
    if (typeof kind === 'string') return [...maker.all(kind, given).values()];
    throw new UsageError(
      `"${actorAttribute}" is a pseudonym whose kind differs from row to row, so an original id does not tell it`,
      { remedy },
    );
  });
  const isPlainElsewhere = kinds.length < attributes.length;
  return [...new Set(isPlainElsewhere ? [given, ...ids] : ids)];
}

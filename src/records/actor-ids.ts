import type { KeyAttributes } from '../config/key-attributes.ts';
import type { Config } from '../config/schema.ts';
import { UsageError } from '../errors.ts';
import { isPseudonym, Pseudonyms } from './pseudonyms.ts';

type ActorConfig = Pick<Config, 'tables' | 'pseudonyms'> & { readonly keys: KeyAttributes };

/** All that the records of these tables call an actor, by `keys.actorAttribute`: as `recordIds`. */
export function actorIds(config: ActorConfig, given: string, isOriginal = false): readonly string[] {
  return recordIds(config, config.keys.actorAttribute, given, { isOriginal });
}

/**
 * All that an attribute of these tables' records calls a person or a thing. Where it is a pseudonym, an original id becomes every
 * pseudonym that it has under any key; what has the form of one is taken for one unless it `isOriginal`. `kind` is that of the ids whose
 * kind a column says. Throws a UsageError where that cannot be done: a part of a person's ids would hide a part of what they did.
 */
export function recordIds(
  { tables, pseudonyms: { keys } }: Pick<ActorConfig, 'tables' | 'pseudonyms'>,
  attribute: string,
  given: string,
  { isOriginal = false, kind }: { readonly isOriginal?: boolean; readonly kind?: string } = {},
): readonly string[] {
  const attributes = Object.values(tables).map(({ attributes }) => attributes?.[attribute]);
  const kinds = attributes.flatMap((each) =>
    typeof each === 'object' && 'pseudonym' in each ? [each.pseudonym.kind] : [],
  );
  if (kinds.length === 0 || (isPseudonym(given) && !isOriginal)) return [given];
  const remedy = 'Give one of the ids that stand in the records; `wal2algolia identities export` tells them.';
  if (keys.length === 0) {
    throw new UsageError(
      `"${attribute}" is a pseudonym, and the keys to make it of an original id are not here`,
      { remedy: `Set them as \`run\` has them. ${remedy}` },
    );
  }
  const maker = new Pseudonyms(keys);
  const ids = kinds.flatMap((configured) => {
    const known = typeof configured === 'string' ? configured : kind;
    if (known !== undefined) return [...maker.all(known, given).values()];
    throw new UsageError(
      `"${attribute}" is a pseudonym whose kind differs from row to row, so an original id does not tell it`,
      { remedy },
    );
  });
  const isPlainElsewhere = kinds.length < attributes.length;
  return [...new Set(isPlainElsewhere ? [given, ...ids] : ids)];
}

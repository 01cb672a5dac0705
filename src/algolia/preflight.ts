import { PreconditionError } from '../errors.ts';
import type { Algolia } from './client.ts';
import { RefusedError, unknownKey } from './failures.ts';

type Tables = Readonly<
  Record<string, { readonly index: string; readonly transform?: unknown; readonly retention?: unknown }>
>;

const MINT = 'Make a key with these rights in the Algolia dashboard, under API keys.';

/** What following a TRUNCATE takes: an index with one table is cleared, the records of one of several tables are looked for and deleted. */
export function rightsToTruncate(tables: Tables): readonly string[] {
  const indexes = Object.values(tables).map(({ index }) => index);
  const isShared = (index: string): boolean => indexes.filter((other) => other === index).length > 1;
  return [
    ...new Set(indexes.flatMap((index) => (isShared(index) ? ['browse', 'deleteObject'] : ['deleteIndex']))),
  ];
}

/**
 * What a transform keeps out of an index is deleted there, whatever is followed: it may have been let in before. What is too old is looked
 * for as well.
 */
export function rightsToWrite(tables: Tables, needsDelete: boolean): readonly string[] {
  const all = Object.values(tables);
  const sweeps = all.some(({ retention }) => retention !== undefined);
  const deletes = needsDelete || sweeps || all.some(({ transform }) => transform !== undefined);
  return ['addObject', ...(deletes ? ['deleteObject'] : []), ...(sweeps ? ['browse'] : [])];
}

/**
 * Throws a PreconditionError that names what the key lacks for writing to the tables' indexes and the status index: the application, a right or an
 * index. Resolves with the rights that it lacks for following a TRUNCATE, as far as that can be known. Algolia out of reach is an UnavailableError. https://www.algolia.com/doc/guides/security/api-keys/#rights-and-restrictions
 */
export async function checkKey(
  algolia: Pick<Algolia, 'keyRights' | 'isPublished'>,
  tables: Tables,
  needsDelete: boolean,
  statusIndex?: string,
): Promise<readonly string[]> {
  const filled = Object.values(tables).map(({ index }) => index);
  const indexes = [...new Set(statusIndex === undefined ? filled : [...filled, statusIndex])];
  const rights = await readRights(algolia, indexes);
  if (rights === undefined) return [];
  const needed = rightsToWrite(tables, needsDelete);
  const missing = needed.filter((acl) => !rights.acl.includes(acl));
  if (missing.length > 0) {
    throw new PreconditionError(`the Algolia API key lacks the right ${missing.join(' and ')}`, {
      remedy: MINT,
    });
  }
  const outside = indexes.filter((index) => !isAllowed(index, rights.indexes));
  if (outside.length > 0) {
    throw new PreconditionError(
      `the Algolia API key is restricted to other indexes than ${outside.join(', ')}`,
      {
        remedy:
          'Add them to the restrictions of the key in the Algolia dashboard, or change `index` in the configuration.',
      },
    );
  }
  return rightsToTruncate(tables).filter((acl) => !rights.acl.includes(acl));
}

/** Undefined when the key may not read its own rights, but may do what can be tried without writing. */
async function readRights(algolia: Pick<Algolia, 'keyRights' | 'isPublished'>, indexes: readonly string[]) {
  try {
    return await algolia.keyRights();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    await tryIndexes(algolia, indexes);
    return undefined;
  }
}

/**
 * Reading a key's own rights takes the right `search`, which a key for writing needs not have. Asking about a task takes
 * addObject and the index, so it tells a key without `search` from one that is wrong. That there is no such task does not matter.
 */
async function tryIndexes(algolia: Pick<Algolia, 'isPublished'>, indexes: readonly string[]): Promise<void> {
  for (const index of indexes) {
    try {
      await algolia.isPublished(index, 1);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      if (error.status !== 401 && error.status !== 403) continue;
      if (error.isOfUnknownKey) throw unknownKey(error, 'ALGOLIA_API_KEY');
      throw new PreconditionError(
        `Algolia refuses this application and key for index ${index}: ${error.reason}`,
        {
          cause: error,
          remedy:
            'Check ALGOLIA_APP_ID and ALGOLIA_API_KEY, and that the key has the right addObject on this index.',
        },
      );
    }
  }
}

/** `prefix*`, `*suffix` and `*part*` are patterns; no restriction at all means every index. */
export function isAllowed(index: string, restrictions: readonly string[]): boolean {
  if (restrictions.length === 0) return true;
  return restrictions.some((pattern) => {
    const parts = pattern.split('*').map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${parts.join('.*')}$`, 's').test(index);
  });
}

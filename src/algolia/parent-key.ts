import type { Secret } from '../config/secret.ts';
import { PreconditionError } from '../errors.ts';
import type { Algolia } from './client.ts';
import { RefusedError, unknownKey } from './failures.ts';
import { isAllowed } from './preflight.ts';
import { isSecuredKey } from './secured-key.ts';

const REMEDY =
  'Make a key with the right search alone, for these indexes, in the Algolia dashboard under API keys, and set ALGOLIA_SEARCH_KEY.';

/**
 * Resolves with what should be known of the parent of a secured key, which has its rights. Throws a PreconditionError for one that may do
 * more than search, or may not search these indexes. Algolia out of reach is an UnavailableError: no key is made unseen.
 */
export async function checkParent(
  algolia: Pick<Algolia, 'keyRights'>,
  parent: Secret,
  indexes: readonly string[],
): Promise<readonly string[]> {
  if (isSecuredKey(parent.reveal()))
    throw unfit('was made from another one, and none can be made from it', REMEDY);
  const rights = await readRights(algolia);
  if (typeof rights === 'string') return [rights];
  if (!rights.acl.includes('search')) throw unfit('lacks the right search', REMEDY);
  const more = rights.acl.filter((right) => right !== 'search' && right !== 'browse');
  if (more.length > 0)
    throw unfit(`may do more than search (${more.join(', ')}), and so could every key made from it`, REMEDY);
  const outside = indexes.filter((index) => !isAllowed(index, rights.indexes));
  if (outside.length > 0) throw unfit(`is restricted to other indexes than ${outside.join(', ')}`, REMEDY);
  if (!rights.acl.includes('browse')) return [];
  return [
    'The parent key may also browse: whoever has the key can take away all that it sees, page by page.',
  ];
}

/** Or why they cannot be known. */
async function readRights(
  algolia: Pick<Algolia, 'keyRights'>,
): Promise<Awaited<ReturnType<Algolia['keyRights']>> | string> {
  try {
    return await algolia.keyRights();
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    if (error.isOfUnknownKey) throw unknownKey(error, 'ALGOLIA_SEARCH_KEY');
    return `Whether the parent key may do more than search is not known: Algolia does not let it read its own rights (${error.status}: ${error.reason}).`;
  }
}

function unfit(what: string, remedy: string): PreconditionError {
  return new PreconditionError(`the search key (ALGOLIA_SEARCH_KEY) ${what}`, { remedy });
}

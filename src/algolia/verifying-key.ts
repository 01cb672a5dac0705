import type { Config } from '../config/schema.ts';
import { PreconditionError } from '../errors.ts';
import type { Algolia } from './client.ts';
import { RefusedError, unknownKey } from './failures.ts';
import { RIGHTS_TO_VERIFY } from './key-rights.ts';

const REMEDY =
  'Give algolia.apiKey these rights in the Algolia dashboard, under API keys; or while `run` holds the slot, set ALGOLIA_API_KEY to a key that has them.';

/** Throws a PreconditionError when the key of the pipeline could not read what it has written. */
export async function checkVerifyingKey(
  algolia: Pick<Algolia, 'keyRights'>,
  { algolia: options }: Pick<Config, 'algolia'>,
): Promise<void> {
  const needed = options.confirmAfter === 'accepted' ? [...RIGHTS_TO_VERIFY, 'addObject'] : RIGHTS_TO_VERIFY;
  const { acl }: { readonly acl: readonly string[] } = await algolia.keyRights().catch((error: unknown) => {
    if (!(error instanceof RefusedError) || error.status !== 403) throw error;
    if (error.isOfUnknownKey) throw unknownKey(error, 'ALGOLIA_API_KEY');
    // Reading one's own rights takes one of those that are needed.
    return { acl: [] };
  });
  const missing = needed.filter((right) => !acl.includes(right));
  if (missing.length === 0) return;
  throw new PreconditionError(
    `the Algolia API key lacks the right ${missing.join(' and ')} to compare an index`,
    { remedy: REMEDY },
  );
}

import { createAlgolia } from '../algolia/client.ts';
import { RefusedError } from '../algolia/failures.ts';
import type { Config } from '../config/schema.ts';
import { tryLock } from '../database/advisory-lock.ts';
import { postgresFailure } from '../database/failures.ts';
import { PreconditionError, UnavailableError, UsageError } from '../errors.ts';
import { counted } from './amounts.ts';
import type { Connection } from './connection.ts';

/** Of two at the same time one would write its older images over the other's. For as long as the connection lives. */
export async function lockIndex(client: Connection, index: string): Promise<void> {
  const isMine = await tryLock(client, `wal2algolia replay into ${index}`).catch((error: unknown) => {
    throw postgresFailure(error, 'replay');
  });
  if (isMine) return;
  throw new UnavailableError(`another replay is writing to index ${index}`, {
    remedy: 'Wait for it, or end it.',
  });
}

/** Whatever is there already would be taken for what the replay has brought. */
export async function checkEmpty({ algolia: options, setup }: Config, index: string): Promise<void> {
  const algolia = createAlgolia({ ...options, apiKey: setup.adminKey.reveal() });
  try {
    const found = await algolia.search(index, { hitsPerPage: 1, attributesToRetrieve: [] });
    if (found === undefined || found.nbHits === 0) return;
    throw new UsageError(`index ${index} holds ${counted(found.nbHits, 'record')}`, {
      remedy: 'Name one that is empty or not there yet, or add --append to write over what is there.',
    });
  } catch (error) {
    if (!(error instanceof RefusedError)) throw error;
    throw new PreconditionError(`it cannot be seen whether index ${index} is empty: ${error.message}`, {
      cause: error,
      remedy:
        'Give a key with the right search on it in ALGOLIA_ADMIN_KEY, or add --append if it may hold something.',
    });
  } finally {
    algolia.close();
  }
}

import { createAlgolia } from '../../algolia/client.ts';
import { RefusedError } from '../../algolia/failures.ts';
import type { Config } from '../../config/schema.ts';
import { tryLock } from '../../database/advisory-lock.ts';
import { postgresFailure } from '../../database/failures.ts';
import { PreconditionError, UnavailableError, UsageError } from '../../errors.ts';
import { counted } from '../amounts.ts';
import type { Connection } from '../connection.ts';
import { stopped } from '../stopped.ts';

const LOCK_INTERVAL_MS = 250;
const LOCK_PATIENCE_MS = 60_000;

/** Of two at the same time one would write its older images over the other's. For as long as the connection lives. */
export async function lockIndex(client: Connection, index: string): Promise<void> {
  if (!(await isMine(client, index))) throw lockedByAnother(index);
}

/** On a connection that was made anew: the server may take the lost one for one that lives, with what it has locked. */
export async function lockIndexAgain(client: Connection, index: string, signal: AbortSignal): Promise<void> {
  const deadlineMs = performance.now() + LOCK_PATIENCE_MS;
  while (!signal.aborted && !(await isMine(client, index))) {
    if (performance.now() >= deadlineMs) throw lockedByAnother(index);
    await stopped(signal, LOCK_INTERVAL_MS);
  }
}

function lockedByAnother(index: string): UnavailableError {
  return new UnavailableError(`another replay is writing to index ${index}`, {
    remedy: 'Wait for it, or end it.',
  });
}

async function isMine(client: Connection, index: string): Promise<boolean> {
  try {
    return await tryLock(client, `wal2algolia replay into ${index}`);
  } catch (error) {
    throw postgresFailure(error, 'replay');
  }
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

import { createAlgolia } from '../../algolia/client.ts';
import { RefusedError } from '../../algolia/failures.ts';
import {
  type Followed,
  judgeRights,
  type KeyJudgement,
  type KeyUse,
  keyUses,
} from '../../algolia/key-rights.ts';
import type { Config } from '../../config/schema.ts';
import { postgresFailure } from '../../database/failures.ts';
import { readPublications } from '../../database/publication/publication.ts';
import { UnavailableError } from '../../errors.ts';
import { configuredIndexes } from '../../index-settings.ts';
import { connectOnce } from '../connection.ts';

export type KeyReport = { readonly key: string } & (
  | KeyJudgement
  | { readonly unknown: string }
  /** It is not a key of the application. */
  | { readonly wrong: string }
);

/** Setup shall not hang on an application that does not answer. */
const TIMEOUTS = { firstByteMs: 10_000, answerMs: 10_000 };

/** What each configured key lacks or has too much. Whoever cannot be asked makes it unknown, and is no failure. */
export async function checkKeys(config: Config): Promise<readonly KeyReport[]> {
  const { apiKey, searchKey, statusIndex } = config.algolia;
  const keys = { apiKey, searchKey, adminKey: config.setup.adminKey };
  const settingsIndexes = [...configuredIndexes(config).keys()];
  const uses = keyUses(keys, config.tables, settingsIndexes, await readFollowed(config), statusIndex);
  return await Promise.all(uses.map((use) => report(config, use)));
}

async function report(config: Config, use: KeyUse): Promise<KeyReport> {
  const algolia = createAlgolia({ ...config.algolia, apiKey: use.key.reveal(), timeouts: TIMEOUTS });
  try {
    return { key: use.name, ...judgeRights(use, await algolia.keyRights()) };
  } catch (error) {
    if (error instanceof RefusedError && error.isOfUnknownKey)
      return { key: use.name, wrong: `${error.reason}. ${error.remedy}` };
    if (error instanceof RefusedError)
      return {
        key: use.name,
        unknown: `Algolia does not let it read its own rights, which takes the right search (${error.status}: ${error.reason})`,
      };
    if (error instanceof UnavailableError) return { key: use.name, unknown: error.message };
    throw error;
  } finally {
    algolia.close();
  }
}

/** wal2json sends everything. */
async function readFollowed({ setup, replication }: Config): Promise<Followed> {
  if (replication.plugin === 'wal2json') return { deletes: true, truncates: true };
  const client = await connectOnce(setup.postgresUrl.reveal(), 'wal2algolia setup', { lock_timeout: '5s' });
  try {
    const publications = await readPublications(client, replication.publication);
    if (publications.length === 0) return undefined;
    return {
      deletes: publications.some((publication) => publication.update || publication.delete),
      truncates: publications.some(({ truncate }) => truncate),
    };
  } catch (error) {
    throw postgresFailure(error, 'reading the publication');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What is not as it should be, in words. */
export function keyNotices(reports: readonly KeyReport[]): readonly string[] {
  return reports.flatMap((each) => {
    if ('wrong' in each) return [`${each.key}: Algolia does not take it: ${each.wrong}`];
    if ('unknown' in each) return [`${each.key}: what it may do is not known: ${each.unknown}`];
    const { missing, superfluous, closed } = each;
    return [
      ...(missing.length === 0 ? [] : [`${each.key} lacks the right ${missing.join(' and ')}`]),
      ...(closed.length === 0
        ? []
        : [`${each.key} is restricted to other indexes than ${closed.join(', ')}`]),
      ...(superfluous.length === 0
        ? []
        : [`${each.key} may do more than it needs: ${superfluous.join(', ')} (docs/keys.md)`]),
    ];
  });
}

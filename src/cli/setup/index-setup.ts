import { createAlgolia } from '../../algolia/client.ts';
import { RefusedError, unknownKey } from '../../algolia/failures.ts';
import { applySettings, diffSettings, namesChange, type SettingChange } from '../../algolia/settings.ts';
import type { Config } from '../../config/schema.ts';
import type { Secret } from '../../config/secret.ts';
import { postgresFailure } from '../../database/failures.ts';
import { PreconditionError } from '../../errors.ts';
import { configuredIndexes, wantedSettings } from '../../index-settings.ts';
import { connectOnce } from '../connection.ts';
import type { Output } from '../output.ts';

export type IndexChanges = {
  readonly index: string;
  readonly changes: readonly SettingChange[];
  /** Whether the index has them by now; false in a dry run that would change something. */
  readonly published: boolean;
  /** What the operator should know. */
  readonly notices: readonly string[];
};

/** Settings of those indexes whose settings are configured; the others are left alone, and nobody is asked without any. */
export async function setUpIndexes(config: Config, dryRun: boolean): Promise<IndexChanges[]> {
  const wanted = await readWantedSettings(config, config.setup.postgresUrl, 'wal2algolia setup');
  if (wanted.size === 0) return [];
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.setup.adminKey.reveal() });
  try {
    const done: IndexChanges[] = [];
    for (const [index, settings] of wanted) {
      const { changes, published } = dryRun
        ? { changes: diffSettings((await algolia.getSettings(index)) ?? {}, settings), published: false }
        : await applySettings(algolia, index, settings);
      done.push({ index, changes, published, notices: notices(index, changes, dryRun || published) });
    }
    return done;
  } catch (error) {
    if (!(error instanceof RefusedError) || error.status !== 403) throw error;
    if (error.isOfUnknownKey)
      throw unknownKey(error, 'ALGOLIA_ADMIN_KEY, or where that is not set ALGOLIA_API_KEY');
    throw new PreconditionError(error.message, {
      cause: error,
      remedy:
        'Give `setup` a key with the rights settings and editSettings for this index, in ALGOLIA_ADMIN_KEY (docs/keys.md), or leave `settings` out.',
    });
  } finally {
    algolia.close();
  }
}

/** What the settings should be, by index. Asks the database only where some are configured. Rejects with a Wal2AlgoliaError. */
export async function readWantedSettings(
  config: Config,
  url: Secret,
  applicationName: string,
): Promise<Awaited<ReturnType<typeof wantedSettings>>> {
  if (configuredIndexes(config).size === 0) return new Map();
  const client = await connectOnce(url.reveal(), applicationName, { lock_timeout: '5s' });
  try {
    return await wantedSettings(client, config);
  } catch (error) {
    throw postgresFailure(error, 'reading what the tables publish');
  } finally {
    await client.end().catch(() => undefined);
  }
}

function notices(index: string, changes: readonly SettingChange[], isApplied: boolean): string[] {
  return [
    ...(isApplied
      ? []
      : [
          `index ${index} is busy and has not applied its settings yet; \`status\` says when they are there.`,
        ]),
    ...(namesChange(changes)
      ? [
          `index ${index}: other attributes than before stand in its settings. Where the mapping changed, records that are there keep their old shape until their rows change or are read again: see "Rows that should be read again" in docs/operations.md.`,
        ]
      : []),
  ];
}

export function printIndexes(output: Output, indexes: readonly IndexChanges[], dryRun: boolean): void {
  if (indexes.length === 0) output.line('Algolia: no settings configured, left alone');
  for (const { index, changes, notices: texts } of indexes) {
    const verb = changes.length === 0 ? 'settings are as configured' : dryRun ? 'would change' : 'changed';
    output.line(`Algolia, index ${index}: ${verb}`);
    for (const { name, from, to } of changes) {
      output.line(`  ${name}`);
      output.line(`    ${dryRun ? 'is     ' : 'was    '} ${JSON.stringify(from)}`);
      output.line(`    ${dryRun ? 'becomes' : 'is now '} ${JSON.stringify(to)}`);
    }
    for (const notice of texts) output.line(`note: ${notice}`);
  }
}

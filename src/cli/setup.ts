import { createAlgolia } from '../algolia/client.ts';
import { applySettings, diffSettings, type SettingChange } from '../algolia/settings.ts';
import { mappedColumns } from '../config/columns.ts';
import { type ConfigFlags, loadConfig } from '../config/load.ts';
import { postgresRole } from '../config/rules.ts';
import type { Config } from '../config/schema.ts';
import { type SetupReport, setUpDatabase } from '../database/setup.ts';
import { EXIT, type ExitCode } from '../errors.ts';
import type { Context } from './context.ts';
import type { Output } from './output.ts';
import { readTruncation } from './truncate-rights.ts';

export type SetupFlags = ConfigFlags & { readonly dryRun?: boolean; readonly json?: boolean };

type IndexChanges = { readonly index: string; readonly changes: readonly SettingChange[] };

/** Brings about what the configuration says, or with --dry-run says what it would do. */
export async function setup(context: Context, flags: SetupFlags): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const dryRun = flags.dryRun ?? false;
  const database = await setUpPostgres(config, dryRun);
  printDatabase(context.output, database);
  const indexes = await setUpIndexes(config, dryRun);
  printIndexes(context.output, indexes, dryRun);
  context.output.json({ dryRun, statements: database.statements, notices: database.notices, indexes });
  return EXIT.done;
}

/** Publication, grants and slot, with the connection of setup. */
export function setUpPostgres(config: Config, dryRun: boolean): Promise<SetupReport> {
  const { slot, publication, plugin } = config.replication;
  const tables = Object.entries(config.tables).map(
    ([name, table]) => [name, { objectID: table.objectID, columns: mappedColumns(table) }] as const,
  );
  const setupRole = postgresRole(config.setup.postgresUrl.reveal());
  const runRole = postgresRole(config.postgres.url.reveal());
  return setUpDatabase(
    config.setup.postgresUrl.reveal(),
    'wal2algolia setup',
    {
      slot,
      publications: publication,
      plugin,
      tables: new Map(tables),
      runRole: runRole === setupRole || runRole === '' ? undefined : runRole,
      truncation: () => readTruncation(config),
    },
    dryRun,
  );
}

/** Settings of those indexes whose settings are configured; the others are left alone, and Algolia is not asked without any. */
export async function setUpIndexes(config: Config, dryRun: boolean): Promise<IndexChanges[]> {
  const wanted = Object.values(config.tables).flatMap(({ index, settings }) =>
    settings === undefined ? [] : [{ index, settings }],
  );
  if (wanted.length === 0) return [];
  const algolia = createAlgolia({ ...config.algolia, apiKey: config.setup.adminKey.reveal() });
  try {
    const done: IndexChanges[] = [];
    for (const { index, settings } of wanted) {
      const changes = dryRun
        ? diffSettings((await algolia.getSettings(index)) ?? {}, settings)
        : await applySettings(algolia, index, settings);
      done.push({ index, changes });
    }
    return done;
  } finally {
    algolia.close();
  }
}

function printDatabase(output: Output, { statements, notices, applied }: SetupReport): void {
  if (statements.length === 0) output.line('Postgres: nothing to do');
  else output.line(applied ? 'Postgres: done' : 'Postgres: would run');
  for (const sql of statements) output.line(`  ${sql};`);
  for (const notice of notices) output.line(`note: ${notice}`);
}

function printIndexes(output: Output, indexes: readonly IndexChanges[], dryRun: boolean): void {
  if (indexes.length === 0) output.line('Algolia: no settings configured, left alone');
  for (const { index, changes } of indexes) {
    const verb = changes.length === 0 ? 'settings are as configured' : dryRun ? 'would change' : 'changed';
    output.line(`Algolia, index ${index}: ${verb}`);
    for (const { name, from, to } of changes) {
      output.line(`  ${name}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`);
    }
  }
}

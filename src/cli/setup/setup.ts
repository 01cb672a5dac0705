import { mappedColumns } from '../../config/columns.ts';
import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import { postgresRole } from '../../config/rules.ts';
import type { Config } from '../../config/schema.ts';
import { type SetupReport, setUpDatabase } from '../../database/setup/setup.ts';
import type { SetupOptions } from '../../database/setup/setup-options.ts';
import { ConfigError, EXIT, type ExitCode } from '../../errors.ts';
import type { Context } from '../context.ts';
import { checkKeys, keyNotices } from '../keys/key-check.ts';
import { harmless, type Output } from '../output.ts';
import { printIndexes, readWantedSettings, setUpIndexes } from './index-setup.ts';
import { readTruncation } from './truncate-rights.ts';

/** What can give a key another name. */
const NAME_CHANGES = ['insert', 'update', 'delete'] as const;

type SetupTable = NonNullable<ReturnType<SetupOptions['tables']['get']>>;

export type SetupFlags = ConfigFlags & { readonly dryRun?: boolean; readonly json?: boolean };

/** Brings about what the configuration says, or with --dry-run says what it would do. */
export async function setup(context: Context, flags: SetupFlags): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const dryRun = flags.dryRun ?? false;
  await checkContradictions(config);
  const onWaiting = (text: string): void =>
    void context.stderr.write(`waiting: setup is ${harmless(text)}\n`);
  const database = await setUpPostgres(config, dryRun, { waiting: { onWaiting } });
  printDatabase(context.output, database);
  const indexes = await setUpIndexes(config, dryRun);
  printIndexes(context.output, indexes, dryRun);
  const keys = await checkKeys(config);
  for (const notice of keyNotices(keys)) context.output.line(`note: ${notice}`);
  const { statements, notices } = database;
  context.output.json({ dryRun, statements, notices, indexes, keys });
  return EXIT.done;
}

/** Before anything is touched: tables that cannot share an index. What else is in the way, the work itself says better. */
async function checkContradictions(config: Config): Promise<void> {
  try {
    await readWantedSettings(config, config.setup.postgresUrl, 'wal2algolia setup');
  } catch (error) {
    if (error instanceof ConfigError) throw error;
  }
}

/** Publication, grants and slot, with the connection of setup; with `recovery` a slot in the place of a lost one. */
export function setUpPostgres(
  config: Config,
  dryRun: boolean,
  more: Pick<SetupOptions, 'recovery' | 'beforeSlot' | 'waiting'> = {},
): Promise<SetupReport> {
  const { slot, publication, plugin } = config.replication;
  const setupRole = postgresRole(config.setup.postgresUrl.reveal());
  const runRole = postgresRole(config.postgres.url.reveal());
  return setUpDatabase(
    config.setup.postgresUrl.reveal(),
    'wal2algolia setup',
    {
      slot,
      publications: publication,
      plugin,
      tables: setupTables(config),
      lookups: Object.entries(config.lookups).map(([name, lookup]) => ({ ...lookup, name })),
      runRole: runRole === setupRole || runRole === '' ? undefined : runRole,
      coverage: config.algolia.statusIndex !== undefined,
      ...more,
      truncation: () => readTruncation(config),
    },
    dryRun,
  );
}

/** Of a reference table that is followed, every change of its keys and names. */
function setupTables({ tables, lookups }: Config): SetupOptions['tables'] {
  const wanted = new Map<string, SetupTable>();
  for (const [name, table] of Object.entries(tables)) {
    const { objectID, operations, filter } = table;
    wanted.set(name, { objectID, columns: mappedColumns(table), operations, filter });
  }
  for (const { table, key, value, follow } of Object.values(lookups)) {
    if (!follow) continue;
    const { columns, operations, ...more } = wanted.get(table) ?? {
      objectID: [],
      columns: [],
      operations: [],
    };
    wanted.set(table, {
      ...more,
      columns: columns && [...new Set([...columns, key, ...(Object.hasOwn(tables, table) ? [] : [value])])],
      operations: operations && [...new Set([...operations, ...NAME_CHANGES])],
    });
  }
  return wanted;
}

function printDatabase(output: Output, { statements, notices, applied }: SetupReport): void {
  if (statements.length === 0) output.line('Postgres: nothing to do');
  else output.line(applied ? 'Postgres: done' : 'Postgres: would run');
  for (const sql of statements) output.line(`  ${sql};`);
  for (const notice of notices) output.line(`note: ${notice}`);
}

import { loadSetupPostgresUrl } from '../../config/load.ts';
import { planOutput, writeOutput } from '../../config/output-file.ts';
import { postgresFailure } from '../../database/failures.ts';
import { type FoundDatabase, identityHolds, readFoundDatabase } from '../../database/found-database.ts';
import { type FoundTable, readDefaults } from '../../database/found-tables.ts';
import { readTimeZone } from '../../database/time-zone.ts';
import { EXIT, type ExitCode, PreconditionError } from '../../errors.ts';
import { isLocalTime } from '../../init/column-kinds.ts';
import { configText } from '../../init/config-text.ts';
import { indexNames } from '../../init/index-names.ts';
import { proposeTable, type TableProposal } from '../../init/proposal.ts';
import { chooseCandidate, findCandidates, namedTable } from '../../init/table-choice.ts';
import type { TimeSources } from '../../init/time-zones.ts';
import { warnings } from '../../init/warnings.ts';
import { type Connection, connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';
import { nextCommands } from '../next-commands.ts';
import { type Initiated, initFacts, printProposal } from './init-view.ts';

export type InitFlags = {
  readonly table?: readonly string[];
  readonly output?: string;
  readonly config?: string;
  readonly force?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
};

const APPLICATION_NAME = 'wal2algolia init';
/** Of a table whose times all have a zone. */
const UNASKED: TimeSources = { defaults: new Map(), serverZone: 'UTC' };

/** Looks at the catalog, and writes a configuration in which every column of the tables stands with what becomes of it. */
export async function init(context: Context, flags: InitFlags): Promise<ExitCode> {
  const { output, environment, cwd } = context;
  const { force = false, dryRun = false } = flags;
  const url = loadSetupPostgresUrl(environment).reveal();
  const named = flags.output ?? flags.config;
  const file = await planOutput({ output: named, force: force || dryRun, environment, cwd });
  const proposed = await look(url, flags.table ?? []);
  const text = configText(
    proposed.tables.map(({ proposal }) => proposal),
    file.format,
  );
  if (!dryRun) await writeOutput(file, text, force);
  const next = nextCommands(proposed, file, environment);
  output.json({ ...initFacts(proposed), output: file.name, written: !dryRun, text, next });
  printProposal(output, proposed);
  if (dryRun) for (const line of [`would write ${file.name}:`, '', text]) output.line(line);
  else output.line(`wrote ${file.name}`);
  output.line('next:');
  for (const line of next) output.line(`  ${line}`);
  return EXIT.done;
}

async function look(url: string, names: readonly string[]): Promise<Initiated> {
  const client = await connectOnce(url, APPLICATION_NAME, { lock_timeout: '5s' });
  try {
    const found = await readFoundDatabase(client);
    const chosen = chooseTables(found, names);
    const indexes = indexNames(chosen);
    const { version: serverVersion, role } = found.server;
    const tables: Initiated['tables'][number][] = [];
    for (const table of chosen) {
      const times = table.columns.some(isLocalTime) ? await readTimes(client, url, table) : UNASKED;
      const proposal = propose(table, indexes.get(table) ?? table.name, times);
      const holds = await identityHolds(client, table.qualifiedName, proposal.key.columns);
      tables.push({ proposal, notices: warnings(proposal, { serverVersion, role, identityHolds: holds }) });
    }
    return { database: found.server.database, obstacle: found.obstacle, tables };
  } catch (error) {
    throw postgresFailure(error, 'reading the catalog');
  } finally {
    await client.end().catch(() => undefined);
  }
}

function chooseTables({ tables, server }: FoundDatabase, names: readonly string[]): readonly FoundTable[] {
  if (names.length === 0) return [chooseCandidate(findCandidates(tables), server.database)];
  return [...new Set(names.map((name) => namedTable(name, tables)))];
}

async function readTimes(client: Connection, url: string, table: FoundTable): Promise<TimeSources> {
  const defaults = await readDefaults(client, table);
  return { defaults, serverZone: await readTimeZone(url, APPLICATION_NAME) };
}

function propose(table: FoundTable, index: string, times: TimeSources): TableProposal {
  const proposal = proposeTable(table, index, times);
  if (proposal !== undefined) return proposal;
  throw new PreconditionError(`${table.qualifiedName} has no column that could be the objectID of its rows`, {
    remedy: `Give it a key: ALTER TABLE ... ADD COLUMN id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY. That writes the whole table anew.`,
  });
}

import { parseArgs } from 'node:util';
import pg from 'pg';
import { defaultBinaries, systemBinaries } from '../../src/local/postgres/binaries.ts';
import { startPostgres } from '../../src/local/postgres/start-postgres.ts';
import { createAuditLog, fillAuditLog } from './audit-rows.ts';
import { BUILT_PROGRAM } from './pipeline-process.ts';
import type { CpuTime } from './process-usage.ts';
import { discardingReader, type Measurement, pipelineReader, type Reader } from './readers.ts';

/**
 * How fast the pipeline drains a backlog, beside a reader that drops what it reads: in turns, each from a slot of its own at the
 * same place of the WAL. Rates depend on the machine and on what else it does; their ratio within one run says more.
 */
const USAGE = `npm run bench -- [--rows N] [--per-transaction N] [--runs N] [--program FILE] [--against FILE]
                     [--node-argument ARG] [--json]
  --program FILE        instead of our dist/main.js
  --against FILE        also measure another build: its dist/main.js
  --node-argument ARG   for our process, as --node-argument=--cpu-prof; may be repeated`;

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '1000000' },
    'per-transaction': { type: 'string', default: '1000' },
    runs: { type: 'string', default: '1' },
    program: { type: 'string', default: BUILT_PROGRAM },
    against: { type: 'string' },
    'node-argument': { type: 'string', multiple: true, default: [] },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});

type Line = {
  readonly reader: string;
  readonly rowsPerSecond: number;
  /** Against the first reader's. */
  readonly ratio: number;
  /** Seconds per million rows, user and system. */
  readonly cpuSeconds: number;
  readonly walsenderCpuSeconds: number;
  readonly peakMemoryMegabytes: number;
};

async function bench(rows: number, perTransaction: number, runs: number): Promise<readonly Line[]> {
  const binaries = (await systemBinaries())[0] ?? (await defaultBinaries());
  process.stderr.write(`${binaries.name} Postgres, ${rows} rows, ${perTransaction} in each transaction\n`);
  const postgres = await startPostgres({ binaries, durable: false, settings: { max_wal_size: '8GB' } });
  const client = new pg.Client(postgres.url);
  try {
    await client.connect();
    await createAuditLog(client, 'bench', 'origin');
    const endLsn = await fillAuditLog(client, rows, perTransaction);
    await client.query('CHECKPOINT');
    const readers = [
      discardingReader(binaries.binDir),
      pipelineReader('wal2algolia', values.program, values['node-argument']),
      ...(values.against === undefined ? [] : [pipelineReader(values.against, values.against, [])]),
    ];
    const measurements = new Map<Reader, Measurement[]>(readers.map((reader) => [reader, []]));
    for (let run = 1; run <= runs; run++) {
      for (const [place, reader] of readers.entries()) {
        const slot = `reader_${run}_${place}`;
        await client.query('SELECT pg_copy_logical_replication_slot($1, $2)', ['origin', slot]);
        const measured = await reader.drain({
          client,
          databaseUrl: postgres.url,
          publication: 'bench',
          slot,
          endLsn,
        });
        measurements.get(reader)?.push(measured);
      }
    }
    return lines(measurements, rows);
  } finally {
    await client.end();
    await postgres.stop();
  }
}

function lines(measurements: ReadonlyMap<Reader, readonly Measurement[]>, rows: number): readonly Line[] {
  const millions = rows / 1e6;
  const rate = (of: readonly Measurement[]): number => rows / median(of.map(({ seconds }) => seconds));
  const [first = []] = measurements.values();
  return [...measurements].map(([reader, of]) => ({
    reader: reader.name,
    rowsPerSecond: rate(of),
    ratio: rate(of) / rate(first),
    cpuSeconds: median(of.map(({ cpu }) => total(cpu))) / millions, us: of.map(({ cpu }) => (cpu.user/millions).toFixed(2)+'u+'+(cpu.system/millions).toFixed(2)+'s').join(' '),
    walsenderCpuSeconds: median(of.map(({ walsenderCpu }) => total(walsenderCpu))) / millions,
    peakMemoryMegabytes: Math.max(...of.map(({ peakMemoryBytes }) => peakMemoryBytes)) / 1e6,
  }));
}

function total({ user, system }: CpuTime): number {
  return user + system;
}

function median(of: readonly number[]): number {
  const sorted = of.toSorted((one, other) => one - other);
  const middle = sorted.length / 2;
  return ((sorted[Math.ceil(middle) - 1] ?? 0) + (sorted[Math.floor(middle)] ?? 0)) / 2;
}

function print(table: readonly Line[]): void {
  const header = ['reader', 'rows/s', 'ratio', 'CPU s/million', 'walsender CPU s/million', 'peak RSS'];
  const cells = table.map((line) => [
    line.reader,
    Math.round(line.rowsPerSecond).toLocaleString('en'),
    line.ratio.toFixed(2),
    line.cpuSeconds.toFixed(2) + ' ' + (line as any).us,
    line.walsenderCpuSeconds.toFixed(2),
    `${Math.round(line.peakMemoryMegabytes)} MB`,
  ]);
  for (const row of [header, ...cells]) console.log(`| ${row.join(' | ')} |`);
}

if (values.help) {
  console.log(USAGE);
} else {
  const table = await bench(Number(values.rows), Number(values['per-transaction']), Number(values.runs));
  if (values.json) console.log(JSON.stringify(table, undefined, 2));
  else print(table);
}

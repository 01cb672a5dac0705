import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { UsageError } from './bench-errors.ts';
import type { PostgresSource } from './cluster.ts';
import { BUILT_PROGRAM } from './pipeline-process.ts';
import { type Scenario, scenarios } from './scenarios.ts';

export const USAGE = `npm run bench -- [--scenario NAME]... [--rows N] [--runs N] [--postgres system|embedded]
                     [--program FILE] [--against FILE] [--node-argument ARG]... [--limit-seconds N]
                     [--json] [--save NAME]
       npm run bench -- --profile [--scenario NAME] [--rows N]
       npm run bench -- --plot
  --scenario NAME       only this one; may be repeated. One of ${scenarios.map(({ name }) => name).join(', ')}
  --rows N              instead of the scenario's own number, for a quick look
  --runs N              how often each reader takes a turn; default 3
  --postgres WHICH      default: the system's if there is one, else the embedded one
  --program FILE        another build's dist/main.js in place of ours
  --against FILE        another build's dist/main.js, measured beside ours in turns
  --node-argument ARG   for our process, as --node-argument=--cpu-prof; may be repeated
  --limit-seconds N     how long one drain may take; default 600
  --json                the result as JSON in place of the table
  --save NAME           also keeps it in bench/results/<date>-NAME.json
  --profile             where our program spends its time: one drain, of \`thousand\` unless named, under V8's profiler
  --plot                measures nothing; draws docs/bench.svg from the newest saved result`;

export type BenchOptions = {
  readonly scenarios: readonly Scenario[];
  readonly runs: number;
  readonly postgres: PostgresSource | undefined;
  readonly program: string;
  readonly against: string | undefined;
  readonly nodeArguments: readonly string[];
  readonly limitSeconds: number;
  readonly json: boolean;
  readonly save: string | undefined;
  readonly profile: boolean;
  readonly plot: boolean;
  readonly help: boolean;
};

/** Throws a UsageError that says what is wrong. */
export function parseOptions(parameters: readonly string[]): BenchOptions {
  const values = parsed(parameters);
  const rows = values.rows === undefined ? undefined : positive('--rows', values.rows);
  return {
    scenarios: chosen(values.scenario).map((each) => (rows === undefined ? each : { ...each, rows })),
    runs: positive('--runs', values.runs),
    postgres: postgresSource(values.postgres),
    program: resolve(values.program),
    against: values.against === undefined ? undefined : resolve(values.against),
    nodeArguments: values['node-argument'],
    limitSeconds: positive('--limit-seconds', values['limit-seconds']),
    json: values.json,
    save: values.save === undefined ? undefined : fileName('--save', values.save),
    profile: values.profile,
    plot: values.plot,
    help: values.help,
  };
}

function parsed(parameters: readonly string[]) {
  try {
    return parseArgs({
      args: [...parameters],
      options: {
        scenario: { type: 'string', multiple: true, default: [] },
        rows: { type: 'string' },
        runs: { type: 'string', default: '3' },
        postgres: { type: 'string' },
        program: { type: 'string', default: BUILT_PROGRAM },
        against: { type: 'string' },
        'node-argument': { type: 'string', multiple: true, default: [] },
        'limit-seconds': { type: 'string', default: '600' },
        json: { type: 'boolean', default: false },
        save: { type: 'string' },
        profile: { type: 'boolean', default: false },
        plot: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    }).values;
  } catch (error) {
    throw new UsageError((error as Error).message, { cause: error });
  }
}

/** In the order of the table, whatever the order in which they are named. */
function chosen(names: readonly string[]): readonly Scenario[] {
  const unknown = names.find((name) => !scenarios.some((each) => each.name === name));
  if (unknown !== undefined) throw new UsageError(`there is no scenario ${unknown}`);
  return names.length === 0 ? scenarios : scenarios.filter(({ name }) => names.includes(name));
}

function postgresSource(name: string | undefined): PostgresSource | undefined {
  if (name === undefined || name === 'system' || name === 'embedded') return name;
  throw new UsageError(`--postgres is ${name}: expected system or embedded`);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`${option} is ${text}: expected 1 or more`);
  return value;
}

function fileName(option: string, text: string): string {
  if (!/^[\w.-]+$/.test(text))
    throw new UsageError(`${option} is ${text}: expected letters, digits, . _ or -`);
  return text;
}

import { type Command, Option } from 'commander';
import type { Bind } from '../context.ts';
import { positiveNumber, wholeNumber } from '../option-values.ts';

const CONFIG = ['--config <file>', 'configuration file'] as const;
const JSON_FLAG = ['--json', 'print the facts as JSON'] as const;
const port = wholeNumber(0, 65_535);
const SECONDS_MAX = 1_000_000;
const RATE_MAX = 1_000_000;

/** The commands that need no account and no database. Nothing of src/local is loaded before one of them runs. */
export function addLocalCommands(program: Command, bind: Bind): void {
  program
    .command('demo')
    .description(
      'the whole thing on this machine: Postgres, a local Algolia, the pipeline, and somebody who is busy',
    )
    .option(...CONFIG)
    .option('--duration <seconds>', 'how long; else until Ctrl-C', positiveNumber(SECONDS_MAX))
    .option('--rate <rows>', 'rows per second', positiveNumber(RATE_MAX), 20)
    .option('--data-dir <dir>', 'keep everything there (default: a temporary directory)')
    .option(...JSON_FLAG)
    .action(
      bind(async (context, flags) => (await import('../demo/demo.ts')).demo(context, flags), 'finishes'),
    );
  const local = program.command('local').description('the parts of the demo, each by itself');
  addLocalAlgolia(local, bind);
  local
    .command('postgres')
    .description('a Postgres with wal_level=logical')
    .option(...CONFIG)
    .option('--port <port>', '0 takes a free one', port, 0)
    .option('--data-dir <dir>', 'keep the database there (default: a temporary directory)')
    .option(...JSON_FLAG)
    .action(
      bind(
        async (context, flags) => (await import('./local-postgres.ts')).localPostgres(context, flags),
        'finishes',
      ),
    );
  local
    .command('producer')
    .description(
      'believable workspace activity for public.audit_log at DATABASE_URL, a table that it makes if need be',
    )
    .option(...CONFIG)
    .option('--rate <rows>', 'rows per second', positiveNumber(RATE_MAX), 20)
    .option('--duration <seconds>', 'how long; else until Ctrl-C', positiveNumber(SECONDS_MAX))
    .option('--seed <number>', 'the same number gives the same activity', wholeNumber(0, 2 ** 32 - 1))
    .option(...JSON_FLAG)
    .action(
      bind(
        async (context, flags) => (await import('./local-producer.ts')).localProducer(context, flags),
        'finishes',
      ),
    );
}

function addLocalAlgolia(local: Command, bind: Bind): void {
  local
    .command('algolia')
    .description("a server that speaks Algolia's Search API")
    .option(...CONFIG)
    .option('--host <host>', 'where it listens', '127.0.0.1')
    .option('--port <port>', '0 takes a free one', port, 7700)
    .option('--data-dir <dir>', 'keep the records there (default: in memory)')
    .option('--task-delay-ms <ms>', 'between an answer and its effect', wholeNumber(0, 3_600_000), 0)
    .option('--record-bytes-max <bytes>', 'larger records are refused', wholeNumber(1, 1_000_000_000), 10_000)
    .option('--app-id <id>', 'application', 'local')
    .option('--admin-key <key>', 'key with every right', 'local-admin-key')
    .option('--search-key <key>', 'key that may only search', 'local-search-key')
    .option('--key <key...>', 'further keys, each VALUE=RIGHT[,RIGHT...][@INDEX[,INDEX...]]')
    .addOption(
      new Option(
        '--infrastructure <kind>',
        "whose refusals of large records it imitates: 'old' names the place",
      )
        .choices(['old', 'new'])
        .default('old'),
    )
    .option('--faults', 'let tests ask for faults at /1/test/faults and change limits at /1/test/limits')
    .option(...JSON_FLAG)
    .action(
      bind(
        async (context, flags) => (await import('./local-algolia.ts')).localAlgolia(context, flags),
        'finishes',
      ),
    );
}

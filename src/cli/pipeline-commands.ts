import type { Command } from 'commander';
import { addBackfillCommand } from './backfill/backfill-commands.ts';
import { addBookmarkCommands } from './bookmark/bookmark-commands.ts';
import { CONFIG, JSON_FLAG, PUBLICATION, SLOT } from './command-flags.ts';
import type { Bind } from './context.ts';
import { addDeadLetterCommands } from './dead-letters/dead-letter-commands.ts';
import { addEraseCommands } from './erase/erase-commands.ts';
import { addIdentityCommands } from './identities/identity-commands.ts';
import { addKeyCommands } from './keys/key-commands.ts';
import { collectedText } from './option-values.ts';
import { addRecoverCommand } from './recover/recover-command.ts';
import { addReplayCommand } from './replay/replay-commands.ts';
import { askedLsn } from './replay/replay-until.ts';
import { addReportCommands } from './report/report-commands.ts';
import { addVerifyCommand } from './verify/verify-command.ts';

/** The commands that serve a database and an application of the user's. Each loads its own code when it runs. */
export function addPipelineCommands(program: Command, bind: Bind): void {
  program
    .command('init')
    .description(
      'look at a table of the database and write a configuration in which every column is indexed, pseudonymised or dropped; reads no row',
    )
    .option(
      '--table <schema.table>',
      'the table; may be given more than once (default: the one that looks like an audit log)',
      collectedText,
    )
    .option(
      '--output <file>',
      'where to write: .mjs, .js, .ts or .json (default: WAL2ALGOLIA_CONFIG, else wal2algolia.config.mjs)',
    )
    .option('--config <file>', 'the same, as other commands call it')
    .option('--force', 'overwrite a file that is there')
    .option('--dry-run', 'print the file instead')
    .option(...JSON_FLAG)
    .action(bind(async (context, flags) => (await import('./init/init.ts')).init(context, flags), 'is-cut'));
  program
    .command('setup')
    .description(
      'make publication, slot, grants and index settings what the configuration says; changes nothing twice',
    )
    .option(...CONFIG)
    .option(...SLOT)
    .option(...PUBLICATION)
    .option('--dry-run', 'print the SQL and the settings that would change')
    .option(...JSON_FLAG)
    .action(
      bind(async (context, flags) => (await import('./setup/setup.ts')).setup(context, flags), 'is-cut'),
    );
  addRunCommand(program, bind);
  program
    .command('status')
    .description(
      'slot, lag, retained WAL, dead letters, bookmarks, and index settings that differ from the configuration',
    )
    .option(...CONFIG)
    .option(...SLOT)
    .option(...PUBLICATION)
    .option(...JSON_FLAG)
    .action(
      bind(async (context, flags) => (await import('./status/status.ts')).status(context, flags), 'is-cut'),
    );
  addBackfillCommand(program, bind);
  addReplayCommand(program, bind);
  addVerifyCommand(program, bind);
  addRecoverCommand(program, bind);
  addDeadLetterCommands(program, bind);
  addEraseCommands(program, bind);
  addBookmarkCommands(program, bind);
  addKeyCommands(program, bind);
  addIdentityCommands(program, bind);
  addReportCommands(program, bind);
}

function addRunCommand(program: Command, bind: Bind): void {
  program
    .command('run')
    .description('stream until told to stop')
    .option(...CONFIG)
    .option(...SLOT)
    .option(...PUBLICATION)
    .option(
      '--from-lsn <lsn>',
      'start there instead of where the slot stands, which lies at it or before: what is in between is skipped',
      (text) => askedLsn(text),
    )
    .option('--accept-gap', 'with --from-lsn: skip it, and say so in the log and the status record')
    .option('--http-host <host>', 'where /healthz, /readyz, /status and /metrics listen')
    .option('--http-port <port>', '0 takes a free one')
    .action(bind(async (context, flags) => (await import('./run.ts')).run(context, flags), 'finishes'));
}

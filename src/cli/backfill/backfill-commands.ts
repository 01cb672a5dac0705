import type { Command } from 'commander';
import { CONFIG, JSON_FLAG, PUBLICATION, SLOT } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import { collectedText, wholeNumber } from '../option-values.ts';
import { reportInstant } from '../report/report-times.ts';

/** Rows that the slot never saw. The command loads its own code when it runs. */
export function addBackfillCommand(program: Command, bind: Bind): void {
  program
    .command('backfill')
    .description(
      'load rows from before the slot, or load them again, beside the live stream; goes on where it was ended, by whatever',
    )
    .option(
      '--table <schema.table>',
      'which one; may be given more than once (default: all that are configured)',
      collectedText,
    )
    .option('--where <sql>', 'only rows that fulfil this condition over the columns of the table')
    .option(
      '--from <instant>',
      'only rows whose own time is this or later, with its zone; or a day, from midnight UTC',
      reportInstant,
    )
    .option('--to <instant>', 'only rows whose own time is before this', reportInstant)
    .option(
      '--lag-max-ms <ms>',
      'how late live changes may become meanwhile (default: 10000)',
      wholeNumber(1_000, 3_600_000),
    )
    .option('--restart', 'begin anew, also where an earlier one was not finished')
    .option('--dry-run', 'say about how many rows that are, and do nothing')
    .option(...CONFIG)
    .option(...SLOT)
    .option(...PUBLICATION)
    .option(...JSON_FLAG)
    .action(
      bind(async (context, flags) => (await import('./backfill.ts')).backfill(context, flags), 'finishes'),
    );
}

import type { Command } from 'commander';
import { CONFIG, JSON_FLAG, PUBLICATION, SLOT } from './command-flags.ts';
import type { Bind } from './context.ts';
import { anyWholeNumber, collectedText } from './option-values.ts';
import { reportInstant } from './report-times.ts';

/** Loads its own code when it runs. */
export function addVerifyCommand(program: Command, bind: Bind): void {
  program
    .command('verify')
    .description(
      'compare tables with their indexes, window by window, and list what is missing, extra or differing; exits with 65 while they differ',
    )
    .option(
      '--table <schema.table>',
      'the table; may be given more than once (default: all that are configured)',
      collectedText,
    )
    .option('--from <time>', 'only rows of this instant or later, by the time of the row', reportInstant)
    .option('--to <time>', 'only rows of before this instant', reportInstant)
    .option('--key-from <number>', 'only rows with this key or a greater one', anyWholeNumber)
    .option('--key-to <number>', 'only rows with a key below this one', anyWholeNumber)
    .option('--repair', 'have what differs read again by the pipeline, and compare that once more')
    .option(...CONFIG)
    .option(...SLOT)
    .option(...PUBLICATION)
    .option(...JSON_FLAG)
    .action(bind(async (context, flags) => (await import('./verify.ts')).verify(context, flags), 'is-cut'));
}

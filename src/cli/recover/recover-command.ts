import { type Command, InvalidArgumentError } from 'commander';
import { CONFIG, JSON_FLAG, PUBLICATION, SLOT } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import { durationMs } from '../option-values.ts';

/** The road back. The command loads its own code when it runs. */
export function addRecoverCommand(program: Command, bind: Bind): void {
  program
    .command('recover')
    .description(
      'after a lost slot: make it anew, load what it did not see, compare tables and indexes and mend what differs; goes on where it was ended, by whatever',
    )
    .option(
      '--margin <time>',
      'load rows from so long before the last confirmed time on: days, hours or minutes such as 7d, 12h or 30m (default: 1d)',
      marginSeconds,
    )
    .option('--yes', 'do it; without, it only says what would be done')
    .option('--dry-run', 'say what would be done, with the SQL')
    .option(...CONFIG)
    .option(...SLOT)
    .option(...PUBLICATION)
    .option(...JSON_FLAG)
    .action(
      bind(
        async (context, { margin, ...flags }) =>
          (await import('./recover.ts')).recover(context, { ...flags, marginSeconds: margin }),
        'finishes',
      ),
    );
}

function marginSeconds(text: string): number {
  const ms = durationMs(text);
  if (ms === undefined)
    throw new InvalidArgumentError('Expected days, hours or minutes such as 7d, 12h or 30m.');
  return ms / 1000;
}

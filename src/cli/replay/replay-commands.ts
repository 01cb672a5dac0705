import type { Command } from 'commander';
import { CONFIG, JSON_FLAG, PUBLICATION, SLOT } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import { collectedText } from '../option-values.ts';
import type { ReplayFlags } from './replay.ts';
import { askedUntil } from './replay-until.ts';

/** What came after a bookmark, once more. It loads its own code when it runs. */
export function addReplayCommand(program: Command, bind: Bind): void {
  program
    .command('replay')
    .description(
      'bring what was committed since a bookmark into the index once more, beside the running pipeline; the bookmark stays',
    )
    .requiredOption('--from <name>', 'the bookmark')
    .option(
      '--until <end>',
      'now, a position (0/1A2B3C4) or an instant: what was committed before it',
      askedUntil,
    )
    .option(
      '--into <index>',
      'play the changes in their order into this other index, which has to be empty; without, the rows are read again into their own',
    )
    .option('--append', 'with --into: the index may hold records, which are written over')
    .option('--table <schema.table>', 'only this table; may be given more than once', collectedText)
    .option(...CONFIG)
    .option(...SLOT)
    .option(...PUBLICATION)
    .option(...JSON_FLAG)
    .action(
      bind(
        async (context, flags: ReplayFlags) => (await import('./replay.ts')).replay(context, flags),
        'finishes',
      ),
    );
}

import type { Command } from 'commander';
import { CONFIG, JSON_FLAG, SLOT } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import type { EraseFlags } from './erase.ts';

/** Whoever wants to be forgotten. Each command loads its own code when it runs. */
export function addEraseCommands(program: Command, bind: Bind): void {
  const erase = program.command('erase').description('take a person out of the index, for good');
  erase
    .command('actor')
    .description(
      'remove what this actor did from the index and the dead letters, and keep it out from now on; rows in Postgres stay as they are',
    )
    .argument('<id>', 'as it stands in the rows')
    .option('--yes', 'do it; without, it only says what would be done')
    .option('--no-wait', 'do not wait until the running pipeline has done it')
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action((actor: string, flags: EraseFlags) =>
      bind(
        async (context, all: EraseFlags & { actor: string }) =>
          (await import('./erase.ts')).eraseActor(context, all),
        'finishes',
      )({ ...flags, actor }),
    );
  erase
    .command('list')
    .description('who was erased, when, by which role, and how much went; never their ids')
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action(
      bind(
        async (context, flags) => (await import('./erase-list.ts')).listErasures(context, flags),
        'is-cut',
      ),
    );
}

import { type Command, InvalidArgumentError, Option } from 'commander';
import { CONFIG, JSON_FLAG, SLOT } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import { wholeNumber } from '../option-values.ts';
import type { Chosen, LetterFlags } from './dead-letter-access.ts';

const LIMIT = 50;
const LIMIT_MAX = 1_000_000;
const TABLE = ['--table <name>', 'only those of this table, as it is configured'] as const;
const ALL = ['--all', 'all of the slot, or of --table'] as const;

type Choice = Pick<Chosen, 'table'> & { readonly all?: boolean };

/** What could not be indexed. Each command loads its own code when it runs. */
export function addDeadLetterCommands(program: Command, bind: Bind): void {
  const letters = program
    .command('dead-letters')
    .description('what could not be indexed, and why: look at it, have it read again, forget it');
  letters
    .command('list')
    .description('the newest failures first, without what stands in them')
    .option(...TABLE)
    .addOption(
      new Option('--reason <reason>', 'only those').choices([
        'refused',
        'too-large',
        'no-object-id',
        'unreadable-value',
        'transform-failed',
        'not-a-record',
      ]),
    )
    .option('--limit <number>', 'how many', wholeNumber(1, LIMIT_MAX), LIMIT)
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action(
      bind(
        async (context, flags) => (await import('./dead-letters.ts')).listLetters(context, flags),
        'is-cut',
      ),
    );
  letters
    .command('show')
    .description('all of one letter, also the record as it would have been sent')
    .argument('<id>', 'number of the letter, as list prints it', letterId)
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action((id: string, flags: LetterFlags) =>
      bind(
        async (context, all: LetterFlags & { id: string }) =>
          (await import('./dead-letters.ts')).showLetter(context, all),
        'is-cut',
      )({ ...flags, id }),
    );
  addRetry(letters, bind);
  addDiscard(letters, bind);
}

function addRetry(letters: Command, bind: Bind): void {
  letters
    .command('retry')
    .description(
      'have rows read again and indexed as they are now, by the running pipeline or, when none runs, by this command',
    )
    .argument('[ids...]', 'numbers of letters', letterIds)
    .option(...ALL)
    .option(...TABLE)
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action((ids: string[], flags: LetterFlags & Choice, command: Command) =>
      bind(
        async (context, all: LetterFlags & Chosen) =>
          (await import('./dead-letter-retry.ts')).retryLetters(context, all),
        'finishes',
      )({ ...flags, ids: chosen(ids, flags, command) }),
    );
}

function addDiscard(letters: Command, bind: Bind): void {
  letters
    .command('discard')
    .description('forget letters: their rows stay out of the index until they change')
    .argument('[ids...]', 'numbers of letters', letterIds)
    .option(...ALL)
    .option(...TABLE)
    .option(...CONFIG)
    .option(...SLOT)
    .option(...JSON_FLAG)
    .action((ids: string[], flags: LetterFlags & Choice, command: Command) =>
      bind(
        async (context, all: LetterFlags & Chosen) =>
          (await import('./dead-letters.ts')).discardLetters(context, all),
        'is-cut',
      )({ ...flags, ids: chosen(ids, flags, command) }),
    );
}

/** All of them is never meant by naming none. */
function chosen(ids: string[], { all = false, table }: Choice, command: Command): string[] {
  if (all === ids.length > 0)
    command.error('error: either the numbers of letters, or --all', { exitCode: 64 });
  if (!all && table !== undefined) command.error('error: --table goes with --all', { exitCode: 64 });
  return ids;
}

function letterId(text: string): string {
  if (/^[1-9]\d{0,17}$/.test(text)) return text;
  throw new InvalidArgumentError('Expected the number of a letter.');
}

function letterIds(text: string, before: readonly string[] = []): string[] {
  return [...new Set([...before, letterId(text)])];
}

import { type Command, Option } from 'commander';
import { CONFIG, JSON_FLAG } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import { expiry, instant } from './key-times.ts';

const DEFAULT_EXPIRY = '7d';

/** Keys for those who may see a part. The command loads its own code when it runs. */
export function addKeyCommands(program: Command, bind: Bind): void {
  const parseExpiry = expiry(Date.now());
  const keys = program.command('keys').description('keys for auditors');
  keys
    .command('mint')
    .description(
      'print a key that may search some of the records for some time; ALGOLIA_SEARCH_KEY is its parent',
    )
    .option('--tenant <value>', 'only records of this tenant')
    .option(
      '--actor <value>',
      'only what this actor did; of a pseudonym, or of the original id all that it has',
    )
    .option('--original', 'the actor is an original id, even if it looks like a pseudonym')
    .option('--from <instant>', 'only what happened at this time or later', instant)
    .option('--until <instant>', 'only what happened before this time', instant)
    .option(
      '--index <names>',
      'only these indexes, separated by commas (default: those of the configuration)',
    )
    .option('--status', 'only what the indexes are complete through, for `report` (ALGOLIA_STATUS_KEY)')
    .addOption(
      new Option('--expires <when>', 'when it ends: 7d, 12h, 30m or an instant')
        .argParser(parseExpiry)
        .default(parseExpiry(DEFAULT_EXPIRY), DEFAULT_EXPIRY),
    )
    .option(...CONFIG)
    .option(...JSON_FLAG)
    .action(
      bind(async (context, flags) => (await import('./keys-mint.ts')).mintKeys(context, flags), 'is-cut'),
    );
}

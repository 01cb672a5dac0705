import { type Command, Option } from 'commander';
import { CONFIG } from '../command-flags.ts';
import type { Bind } from '../context.ts';

/** Whom the pseudonyms mean. The command loads its own code when it runs. */
export function addIdentityCommands(program: Command, bind: Bind): void {
  const identities = program.command('identities').description('whom the pseudonyms mean');
  identities
    .command('export')
    .description(
      'read from the database what each pseudonym stands for: a secret, for another channel than the index',
    )
    .option('--kind <kind>', 'only pseudonyms of this kind')
    .addOption(new Option('--format <format>', 'how').choices(['csv', 'json']).default('csv'))
    .option('--output <file>', 'into a file that only you can read, instead of standard output')
    .option(...CONFIG)
    .action(
      bind(
        async (context, flags) => (await import('./identities.ts')).exportIdentities(context, flags),
        'is-cut',
      ),
    );
}

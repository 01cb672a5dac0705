import type { Command } from 'commander';
import { UsageError } from '../../errors.ts';
import { CONFIG, JSON_FLAG, PUBLICATION, SLOT } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import { anyWholeNumber, collectedText } from '../option-values.ts';
import { reportInstant } from '../report/report-times.ts';
import type { EvidenceCheckFlags } from './evidence-check.ts';
import type { VerifyFlags } from './verify.ts';

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
    .option('--evidence <file>', 'write a signed statement of it, when all of them agree')
    .option('--force', 'overwrite a file of evidence that is there')
    .option(
      '--check <file>',
      'only say whether a file of evidence is what was signed; needs no configuration, no database and no index',
    )
    .option('--public-key <file>', 'with --check: accept only what this key has signed')
    .option('--repair', 'have what differs read again by the pipeline, and compare that once more')
    .option(...CONFIG)
    .option(...SLOT)
    .option(...PUBLICATION)
    .option(...JSON_FLAG)
    .action(
      bind(async (context, flags: VerifyFlags & Partial<EvidenceCheckFlags>) => {
        const { check } = checkedFlags(flags);
        return check === undefined
          ? (await import('./verify.ts')).verify(context, flags)
          : (await import('./evidence-check.ts')).checkEvidenceFile(context, { ...flags, check });
      }, 'is-cut'),
    );
}

function checkedFlags<T extends VerifyFlags & Partial<EvidenceCheckFlags>>(flags: T): T {
  const { check, publicKey, evidence, force, repair, table, from, to, keyFrom, keyTo } = flags;
  const others = evidence ?? repair ?? table ?? from ?? to ?? keyFrom ?? keyTo;
  if (check !== undefined && others !== undefined)
    throw new UsageError('--check goes with --public-key and --json alone');
  if (publicKey !== undefined && check === undefined) throw new UsageError('--public-key goes with --check');
  if (force === true && evidence === undefined) throw new UsageError('--force goes with --evidence');
  return flags;
}

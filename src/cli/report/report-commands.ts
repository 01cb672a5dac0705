import type { Command } from 'commander';
import { CONFIG, JSON_FLAG } from '../command-flags.ts';
import type { Bind } from '../context.ts';
import type { AskedReport } from './asked-report.ts';
import type { ReportFlags } from './report.ts';
import { reportInstant } from './report-times.ts';

const ORIGINAL = ['--original', 'it is an original id, even if it looks like a pseudonym'] as const;

type IdFlags = ReportFlags & { readonly original?: boolean };

const original = (flags: IdFlags) => (flags.original === true ? { original: true } : {});

/** The three questions, answered from the index alone. Each command loads its own code when it runs. */
export function addReportCommands(program: Command, bind: Bind): void {
  const report = program
    .command('report')
    .description(
      'what happened, from the index alone: no database is asked, and each says what it is complete through',
    );
  const run = (asked: AskedReport, flags: ReportFlags): Promise<void> =>
    bind(
      async (context, all: ReportFlags) => (await import('./report.ts')).printReport(context, asked, all),
      'is-cut',
    )(flags);
  withFlags(
    report
      .command('record')
      .description('what happened to one item through its life')
      .argument('<type>', 'what kind of item it is')
      .argument('<id>', 'which one; behind -- where it begins with a minus'),
  )
    .option(...ORIGINAL)
    .action((type: string, id: string, flags: IdFlags) =>
      run({ kind: 'record', type, id, ...original(flags) }, flags),
    );
  withFlags(
    report
      .command('actor')
      .description('what one actor did')
      .argument(
        '<id>',
        'who: a pseudonym, or an original id for all that it has; behind -- where it begins with a minus',
      ),
  )
    .option(...ORIGINAL)
    .action((id: string, flags: IdFlags) => run({ kind: 'actor', id, ...original(flags) }, flags));
  withFlags(
    report
      .command('window')
      .description('what happened between two instants: at the first or later, and before the second')
      .argument(
        '<from>',
        'an instant with its zone, to the microsecond, or a day, from midnight UTC',
        reportInstant,
      )
      .argument('<to>', 'the same', reportInstant),
  ).action((fromMicros: bigint, toMicros: bigint, flags: ReportFlags) =>
    run({ kind: 'window', fromMicros, toMicros }, flags),
  );
}

function withFlags(command: Command): Command {
  return command
    .option('--index <name>', 'of which index (default: the only one of the configuration)')
    .option('--csv', 'print the events as CSV, and all else on standard error')
    .option(...CONFIG)
    .option(...JSON_FLAG);
}

import { type Algolia, createAlgolia } from '../../algolia/client.ts';
import { loadReportConfig } from '../../config/load.ts';
import type { Secret } from '../../config/secret.ts';
import type { ReportConfig } from '../../config/validation.ts';
import {
  EXIT,
  type ExitCode,
  IndexRefusedError,
  PreconditionError,
  UsageError,
  Wal2AlgoliaError,
} from '../../errors.ts';
import { type Completeness, completenessOf, unknownCompleteness } from '../../reports/completeness.ts';
import type { Question } from '../../reports/question.ts';
import { patiently, reportEvents } from '../../reports/report.ts';
import { readStatuses } from '../../reports/status-reading.ts';
import type { Context } from '../context.ts';
import { harmless } from '../output.ts';
import { type AskedReport, questionOf } from './asked-report.ts';
import { type ReportPrinter, reportPrinter } from './report-printers.ts';

export type ReportFlags = {
  readonly config?: string;
  readonly json?: boolean;
  readonly csv?: boolean;
  readonly index?: string;
};

const TIMEOUTS = { firstByteMs: 30_000, answerMs: 30_000 };
const PROGRESS_EVENTS = 10_000;

/** Prints the events that are asked for, and what they are complete through, which is read first: what comes later is not promised. */
export async function printReport(
  context: Context,
  asked: AskedReport,
  flags: ReportFlags,
): Promise<ExitCode> {
  if (flags.csv && flags.json) throw new UsageError('either --csv or --json');
  const config = await loadReportConfig({ ...context, flags: { config: flags.config } });
  const index = chosenIndex(config, flags.index);
  const question = questionOf(asked, config, index);
  const completeness = await readCompleteness(config, index, question);
  const printer = reportPrinter(context, flags, {
    asked,
    index,
    completeness,
    time: config.keys.timeAttribute,
  });
  try {
    await withClient(config, config.eventsKey, (algolia) =>
      printEvents(context, printer, config, { algolia, index, question }),
    );
  } catch (error) {
    throw forReaders(error);
  }
  return EXIT.done;
}

async function printEvents(
  { stderr }: Context,
  printer: ReportPrinter,
  config: ReportConfig,
  given: { readonly algolia: Algolia; readonly index: string; readonly question: Question },
): Promise<void> {
  const attributes = { time: config.keys.timeAttribute, sequence: sequenceOf(config, given.index) };
  const notes: string[] = [];
  let count = 0;
  let told = 0;
  for await (const events of reportEvents({ ...given, attributes, onNote: (note) => notes.push(note) })) {
    await printer.events(events);
    count += events.length;
    if (count - told < PROGRESS_EVENTS) continue;
    told = count;
    stderr.write(`${count} events so far\n`);
  }
  await printer.end(count, notes);
}

/** By which rows stand in their order: in the standard mapping and those like it, `seq`. */
function sequenceOf({ reports, tables }: ReportConfig, index: string): string {
  const mapped = Object.values(tables).filter((table) => table.index === index);
  const hasSeq = mapped.some(({ attributes = {} }) => Object.hasOwn(attributes, 'seq'));
  return reports.sequenceAttribute ?? (hasSeq ? 'seq' : 'id');
}

function chosenIndex({ tables }: ReportConfig, named: string | undefined): string {
  if (named !== undefined) return named;
  const configured = [...new Set(Object.values(tables).map(({ index }) => index))];
  const [only, ...more] = configured;
  if (only !== undefined && more.length === 0) return only;
  throw new UsageError('the configuration has several indexes', {
    remedy: `Say which by --index: ${configured.map(harmless).join(', ')}.`,
  });
}

async function readCompleteness(
  config: ReportConfig,
  index: string,
  question: Question,
): Promise<Completeness> {
  const { statusIndex } = config.algolia;
  if (statusIndex === undefined) {
    return unknownCompleteness(
      'no status index is configured. Set `algolia.statusIndex` (ALGOLIA_STATUS_INDEX) here and for the pipeline, and run `setup`.',
    );
  }
  try {
    return await withClient(config, config.statusKey, async (algolia) => {
      const known = await readStatuses((parameters) =>
        patiently(() => algolia.search(statusIndex, parameters)),
      );
      return typeof known === 'string' ? unknownCompleteness(known) : completenessOf(known, index, question);
    });
  } catch (error) {
    if (!(error instanceof Wal2AlgoliaError)) throw error;
    return unknownCompleteness(`the status index cannot be read: ${error.message}.`);
  }
}

async function withClient<T>(
  { algolia: options }: ReportConfig,
  key: Secret,
  work: (algolia: Algolia) => Promise<T>,
): Promise<T> {
  const algolia = createAlgolia({ ...options, apiKey: key.reveal(), timeouts: TIMEOUTS });
  try {
    return await work(algolia);
  } finally {
    algolia.close();
  }
}

/** The remedies of refusals speak to whoever writes. */
function forReaders(error: unknown): unknown {
  if (!(error instanceof IndexRefusedError)) return error;
  return new PreconditionError(error.message, {
    cause: error,
    remedy:
      'Check ALGOLIA_APP_ID, and that ALGOLIA_SEARCH_KEY (else ALGOLIA_API_KEY) is a key of it with the right search for this index, which has not ended.',
  });
}

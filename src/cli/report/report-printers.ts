import { instantOf } from '../../completeness/instant.ts';
import { type Column, columnsOf, plainText } from '../../reports/columns.ts';
import type { Completeness } from '../../reports/completeness.ts';
import { csvHeader, csvLine } from '../../reports/csv.ts';
import { type Event, eventText } from '../../reports/event.ts';
import { counted, countText } from '../amounts.ts';
import { columnLines } from '../columns.ts';
import type { Context } from '../context.ts';
import { harmless, type Sink } from '../output.ts';
import type { AskedReport } from './asked-report.ts';

/** Writes events as they come, no more of them in memory than one page. */
export type ReportPrinter = {
  events(events: readonly Event[]): Promise<void>;
  end(count: number, notes: readonly string[]): Promise<void>;
};

export type ReportHead = {
  readonly asked: AskedReport;
  readonly index: string;
  readonly completeness: Completeness;
  /** Attribute of the time. */
  readonly time: string;
};

export function reportPrinter(
  { output, stderr }: Context,
  { csv, json }: { readonly csv?: boolean; readonly json?: boolean },
  head: ReportHead,
): ReportPrinter {
  if (json) return jsonPrinter(output.sink, head);
  return csv ? csvPrinter(output.sink, stderr, head) : tablePrinter(output.sink, head);
}

function jsonPrinter(sink: Sink, { asked, index, completeness }: ReportHead): ReportPrinter {
  let before = `{"report":${JSON.stringify(shownQuestion(asked))},"index":${JSON.stringify(index)},"completeness":${JSON.stringify(completeness)},"events":[\n`;
  return {
    events: async (events) => {
      await written(sink, before + events.map(eventText).join(',\n'));
      before = ',\n';
    },
    end: (count, notes) =>
      written(sink, `${count === 0 ? before : '\n'}],"count":${count},"notes":${JSON.stringify(notes)}}\n`),
  };
}

function csvPrinter(sink: Sink, stderr: Sink, head: ReportHead): ReportPrinter {
  let columns: readonly Column[] | undefined;
  return {
    events: async (events) => {
      const header = columns === undefined;
      const known = columns ?? columnsOf(events, head.time);
      columns = known;
      const lines = events.map((event) => csvLine(known, event));
      await written(sink, (header ? csvHeader(known) : '') + lines.join(''));
    },
    end: async (count, notes) => {
      if (columns === undefined) await written(sink, csvHeader(columnsOf([], head.time)));
      stderr.write(`${closingLines(head, count, notes).join('\n')}\n`);
    },
  };
}

function tablePrinter(sink: Sink, head: ReportHead): ReportPrinter {
  return {
    events: (events) => written(sink, `${tableLines(columnsOf(events, head.time), events).join('\n')}\n`),
    end: (count, notes) => written(sink, `${closingLines(head, count, notes).join('\n')}\n`),
  };
}

/** What says where a record is kept, which people do not ask. */
const UNSHOWN = new Set(['objectID', 'source_table', 'wal.lsn', 'wal.xid', 'more']);

function tableLines(columns: readonly Column[], events: readonly Event[]): readonly string[] {
  const shown = columns.filter(
    ({ name, of }) => !UNSHOWN.has(name) && events.some((event) => plainText(of(event)) !== ''),
  );
  return columnLines(
    shown.map(({ name }) => name),
    events.map((event) => shown.map(({ of }) => plainText(of(event)))),
  );
}

function closingLines(
  { index, completeness }: ReportHead,
  count: number,
  notes: readonly string[],
): readonly string[] {
  const { state, completeThrough, since, throughLsn, deadLetters } = completeness;
  const through =
    completeThrough === null
      ? []
      : [
          `complete through ${completeThrough} (${throughLsn.join(', ')}), since ${since ?? 'the beginning of its tables'}`,
        ];
  const letters =
    deadLetters === null
      ? state === 'unknown'
        ? []
        : ['dead letters: not known']
      : [lettersText(deadLetters)];
  return [
    `${counted(count, 'event')} of index ${index}`,
    `completeness: ${state}`,
    ...through,
    ...letters,
    ...[...completeness.notes, ...notes].map((note) => `note: ${note}`),
  ].map(harmless);
}

function lettersText({ inWindow, mayBeInWindow }: NonNullable<Completeness['deadLetters']>): string {
  const more = mayBeInWindow === 0 ? '' : `, and ${countText(mayBeInWindow)} more may belong here`;
  return `dead letters: ${countText(inWindow)}${more}`;
}

function shownQuestion(asked: AskedReport): Readonly<Record<string, unknown>> {
  if (asked.kind !== 'window') return asked;
  return { kind: 'window', from: instantOf(asked.fromMicros), to: instantOf(asked.toMicros) };
}

/** Resolves when whoever reads has room again: a long report must not pile up here. */
async function written(sink: Sink, text: string): Promise<void> {
  const hasRoom = sink.write(text);
  if (hasRoom !== false || sink.once === undefined) return;
  await new Promise<void>((resolve) => {
    sink.once?.('drain', resolve);
    // Nobody reads any more.
    sink.once?.('close', resolve);
  });
}

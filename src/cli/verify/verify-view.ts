import { formatLsn } from '../../lsn.ts';
import type { Waiting } from '../../verify/index-reader.ts';
import { unrepaired, type Verified, type VerifiedWindow } from '../../verify/verified.ts';
import { counted, countText, secondsText } from '../amounts.ts';
import { columnLines } from '../columns.ts';
import type { Context } from '../context.ts';
import { harmless, type Output } from '../output.ts';
import { fitting } from '../painter.ts';

const SHOWN_MAX = 100;
const LINE_INTERVAL_MS = 5_000;
const WAITING_INTERVAL_MS = 10_000;

/** What is done so far, on standard error: over and over in one line of a terminal, else a line now and then. */
export class VerifyProgress {
  readonly #context: Pick<Context, 'stderr'>;
  readonly #table: string;
  #windows = 0;
  #rows = 0;
  #toldAtMs = performance.now();
  #isOpen = false;

  constructor(context: Pick<Context, 'stderr'>, table: string) {
    this.#context = context;
    this.#table = harmless(table);
  }

  done({ count }: VerifiedWindow, of: number): void {
    const { stderr } = this.#context;
    this.#windows += 1;
    this.#rows += count;
    const text = `${this.#table}: window ${this.#windows} of ${Math.max(of, this.#windows)}, ${counted(this.#rows, 'row')}`;
    if (stderr.isTTY === true) {
      this.#isOpen = true;
      stderr.write(`\r\x1b[K${fitting(text, stderr)}`);
    } else if (performance.now() - this.#toldAtMs >= LINE_INTERVAL_MS) {
      this.#toldAtMs = performance.now();
      stderr.write(`${text}\n`);
    }
  }

  /** What is over in a moment is not worth a line. */
  waiting({ error, waitedMs, patienceMs }: Waiting): void {
    if (waitedMs < LINE_INTERVAL_MS || performance.now() - this.#toldAtMs < LINE_INTERVAL_MS) return;
    const [waited, most] = [secondsText(waitedMs / 1_000), secondsText(patienceMs / 1_000)];
    this.#line(`waits for the index, for ${waited} by now and ${most} at most: ${error.message}`);
  }

  /** Resolves as the work does. */
  async waitingFor<T>(what: string, work: Promise<T>): Promise<T> {
    const timer = setInterval(() => this.#line(`waits for ${what}`), WAITING_INTERVAL_MS);
    return await work.finally(() => clearInterval(timer));
  }

  #line(text: string): void {
    this.end();
    this.#isOpen = false;
    this.#toldAtMs = performance.now();
    this.#context.stderr.write(`${this.#table}: ${harmless(text)}\n`);
  }

  end(): void {
    if (this.#isOpen) this.#context.stderr.write('\r\x1b[K');
  }
}

export function printVerified(output: Output, verified: Verified): void {
  const { table, index, differences, presenceOnly } = verified;
  const seconds = (Date.parse(verified.endedAt) - Date.parse(verified.startedAt)) / 1_000;
  const amounts = (names: readonly (keyof Verified & keyof typeof WORDS)[]) =>
    names.flatMap((name) => (verified[name] > 0 ? [`${countText(verified[name])} ${WORDS[name]}`] : []));
  output.line(harmless(`${table} and index ${index}`));
  if (presenceOnly !== undefined) output.line(`  records are looked for, not compared: ${presenceOnly}`);
  output.line(
    `  ${counted(verified.rows, 'row')} and ${counted(verified.records, 'record')} in ${counted(verified.windows, 'window')}, ${counted(verified.requests, 'request')}, ${secondsText(seconds)}, through ${formatLsn(verified.lsn)}`,
  );
  const different = amounts(['missing', 'extra', 'differing']);
  output.line(`  ${different.length === 0 ? 'no difference' : different.join(', ')}`);
  if (verified.repaired > 0) output.line(`  ${countText(verified.repaired)} repaired`);
  const excused = amounts(['newer', 'deadLetters', 'erased', 'belowFloor', 'retained', 'unfit']);
  if (excused.length > 0) output.line(`  no difference: ${excused.join(', ')}`);
  const shown = differences.slice(0, SHOWN_MAX);
  if (shown.length > 0) {
    const rows = shown.map(({ objectID, difference, attributes, isRepaired, isForeign }) => [
      difference,
      isRepaired ? 'repaired' : isForeign ? 'foreign' : 'open',
      attributes.join(' '),
      objectID,
    ]);
    for (const line of columnLines(['difference', '', 'attributes', 'objectID'], rows))
      output.line(`  ${line}`);
  }
  const more = verified.missing + verified.extra + verified.differing - shown.length;
  if (more > 0) output.line(`  and ${countText(more)} more: --json lists up to 10,000`);
  const foreign = differences.filter(({ isForeign }) => isForeign).length;
  if (foreign > 0)
    output.line(
      `  ${countText(foreign)} foreign: no row of the table can have such an objectID, so --repair cannot read it again; who has put the record there, or deleteObject of the Algolia API, has to remove it`,
    );
}

const WORDS = {
  missing: 'missing',
  extra: 'extra',
  differing: 'differing',
  newer: 'newer than what was compared',
  deadLetters: 'with a dead letter',
  erased: 'of erased actors',
  belowFloor: 'below the floor of the retention',
  retained: 'retained, since deletions are not followed',
  unfit: 'that cannot be a record',
} as const;

export function verifiedJson({ lsn, differingWindows, ...verified }: Verified) {
  return {
    ...verified,
    presenceOnly: verified.presenceOnly ?? null,
    windowsBy: verified.windowsBy ?? null,
    lsn: formatLsn(lsn),
    unrepaired: unrepaired({ lsn, differingWindows, ...verified }),
    differingWindows: differingWindows.map(({ from = null, to = null, ...window }) => ({
      from,
      to,
      ...window,
    })),
  };
}

import type { BackfillProgress } from '../../backfill/backfill-table.ts';
import { BAR_CELLS, barText, countText, secondsText } from '../amounts.ts';
import { harmless, type Output } from '../output.ts';
import { Painter } from '../painter.ts';

/** Brackets, blanks and the share. */
const AROUND_BAR = 12;
const LINE_INTERVAL_MS = 5_000;
const PAINT_INTERVAL_MS = 200;
/** The rate is that of the last so many milliseconds. */
const RATE_WINDOW_MS = 15_000;

type Sample = { readonly atMs: number; readonly rows: number };

/** For the bars of several tables, one after the other, and a log above them. */
export function barPainter({ sink, asJson }: Output): Painter {
  return new Painter(sink, sink.isTTY === true && !asJson);
}

/** Shows how far one table has come: a bar that is painted anew in a terminal, a line now and then elsewhere, nothing with --json. */
export class ProgressView {
  readonly #painter: Painter;
  readonly #isSilent: boolean;
  #samples: readonly Sample[] = [];
  #shownAtMs: number;
  #last: BackfillProgress | undefined;

  constructor(output: Output, nowMs: number, painter = barPainter(output)) {
    this.#isSilent = output.asJson;
    this.#painter = painter;
    this.#shownAtMs = this.#painter.live ? Number.NEGATIVE_INFINITY : nowMs;
  }

  show(progress: BackfillProgress, nowMs: number): void {
    if (this.#isSilent) return;
    this.#last = progress;
    const oldestMs = nowMs - RATE_WINDOW_MS;
    const recent = this.#samples.filter(({ atMs }) => atMs >= oldestMs);
    this.#samples = [
      ...(recent.length > 0 ? recent : this.#samples.slice(-1)),
      { atMs: nowMs, rows: progress.rows },
    ];
    if (nowMs - this.#shownAtMs < (this.#painter.live ? PAINT_INTERVAL_MS : LINE_INTERVAL_MS)) return;
    this.#shownAtMs = nowMs;
    this.#paint(progress);
  }

  /** The bar stays as it is in the end. */
  finish(): void {
    if (this.#painter.live && this.#last !== undefined) this.#paint(this.#last);
    this.#painter.finish();
  }

  #paint(progress: BackfillProgress): void {
    this.#painter.paint(progressLines(progress, this.#samples, this.#painter.columns).map(harmless));
  }
}

/** `public.t  [#####…]  52 %  1,234,567 of about 2,400,000  12,345/s  about 95.0 s left`; the bar in a terminal, which may need two lines. */
export function progressLines(
  { table, rows, rowsEstimated }: Pick<BackfillProgress, 'table' | 'rows' | 'rowsEstimated'>,
  samples: readonly Sample[],
  columns: number | undefined,
): readonly string[] {
  const share = rowsEstimated === 0 ? 0 : Math.min(1, rows / rowsEstimated);
  const percent = `${Math.floor(100 * share)} %`;
  const rate = rateOf(samples);
  const numbers = [
    `${countText(rows)} of about ${countText(rowsEstimated)}`,
    ...(rate > 0 ? [`${countText(Math.round(rate))}/s`] : []),
    // With as many rows as were estimated, nobody knows how many are left.
    ...(rate > 0 && rows < rowsEstimated ? [`about ${secondsText((rowsEstimated - rows) / rate)} left`] : []),
  ].join('  ');
  if (columns === undefined) return [`${table}  ${percent}  ${numbers}`];
  const cells = Math.max(0, Math.min(BAR_CELLS, columns - table.length - AROUND_BAR));
  const bar = `${table}  ${barText(share, cells)}  ${percent}`;
  const whole = `${bar}  ${numbers}`;
  return whole.length < columns ? [whole] : [bar, `  ${numbers}`];
}

/** Rows per second. */
function rateOf(samples: readonly Sample[]): number {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
  return (1000 * (last.rows - first.rows)) / (last.atMs - first.atMs);
}

import type { BackfillProgress } from '../backfill/backfill-table.ts';
import { barText, countText, secondsText } from './amounts.ts';
import { harmless, type Output } from './output.ts';
import { Painter } from './painter.ts';

const LINE_INTERVAL_MS = 5_000;
const PAINT_INTERVAL_MS = 200;
/** The rate is that of the last so many milliseconds. */
const RATE_WINDOW_MS = 15_000;

type Sample = { readonly atMs: number; readonly rows: number };

/** Shows how far one table has come: a bar that is painted anew in a terminal, a line now and then elsewhere, nothing with --json. */
export class ProgressView {
  readonly #painter: Painter;
  readonly #isSilent: boolean;
  #samples: readonly Sample[] = [];
  #shownAtMs: number;
  #last: BackfillProgress | undefined;

  constructor(output: Output, nowMs: number) {
    this.#isSilent = output.asJson;
    this.#painter = new Painter(output.sink, output.sink.isTTY === true);
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

  /** Why it gets no further for now. It stays above the bar. */
  tell(words: string): void {
    if (!this.#isSilent) this.#painter.print(`${harmless(words)}\n`);
  }

  /** The bar stays as it is in the end. */
  finish(): void {
    if (this.#painter.live && this.#last !== undefined) this.#paint(this.#last);
    this.#painter.finish();
  }

  #paint(progress: BackfillProgress): void {
    this.#painter.paint([harmless(progressLine(progress, this.#samples, this.#painter.live))]);
  }
}

/** `public.t  [#####…]  52 %  1,234,567 of about 2,400,000  12,345/s  about 95.0 s left` */
export function progressLine(
  { table, rows, rowsEstimated }: Pick<BackfillProgress, 'table' | 'rows' | 'rowsEstimated'>,
  samples: readonly Sample[],
  hasBar: boolean,
): string {
  const share = rowsEstimated === 0 ? 0 : Math.min(1, rows / rowsEstimated);
  const rate = rateOf(samples);
  // With as many rows as were estimated, nobody knows how many are left.
  const left =
    rate > 0 && rows < rowsEstimated ? `about ${secondsText((rowsEstimated - rows) / rate)} left` : '';
  return [
    table,
    hasBar ? barText(share) : '',
    `${Math.floor(100 * share)} %`,
    `${countText(rows)} of about ${countText(rowsEstimated)}`,
    rate > 0 ? `${countText(Math.round(rate))}/s` : '',
    left,
  ]
    .filter((part) => part !== '')
    .join('  ');
}

/** Rows per second. */
function rateOf(samples: readonly Sample[]): number {
  const [first] = samples;
  const last = samples.at(-1);
  if (first === undefined || last === undefined || last.atMs <= first.atMs) return 0;
  return (1000 * (last.rows - first.rows)) / (last.atMs - first.atMs);
}

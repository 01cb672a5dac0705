import { formatLsn, type Lsn } from '../../lsn.ts';
import { barText, bytesText } from '../amounts.ts';
import type { Output, Sink } from '../output.ts';
import { Painter } from '../painter.ts';

/** How often a terminal is painted anew, and how often a log gets a line. */
const LIVE_INTERVAL_MS = 250;
const LINE_INTERVAL_MS = 5_000;

export type ProgressOptions = {
  readonly output: Output;
  /** Of the program's log. */
  readonly logSink: Sink;
  readonly from: Lsn;
  readonly to: Lsn;
  /** What there is of it by now, in a few words. */
  readonly look: () => { readonly at: Lsn; readonly done: string; readonly trouble?: string | undefined };
  readonly nowMs?: () => number;
};

/** How far a replay is, between two positions: a bar in a terminal, a line now and then elsewhere, nothing with --json. */
export class ReplayProgress {
  readonly #options: ProgressOptions;
  readonly #painter: Painter;
  readonly #startedAtMs: number;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: ProgressOptions) {
    const { output } = options;
    this.#options = options;
    this.#painter = new Painter(output.sink, output.sink.isTTY === true);
    this.#startedAtMs = this.#nowMs();
    if (output.asJson) return;
    this.#timer = setInterval(() => this.#paint(), this.#painter.live ? LIVE_INTERVAL_MS : LINE_INTERVAL_MS);
    if (this.#painter.live) this.#paint();
  }

  /** Takes the lines of a log, which stand above a bar. */
  get logSink(): Sink {
    return this.#painter.logAbove(this.#options.logSink);
  }

  /** Nothing is painted any more. */
  close(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    if (this.#painter.live) this.#paint();
    this.#painter.finish();
  }

  #paint(): void {
    const { from, to, look } = this.#options;
    const { at, done, trouble } = look();
    const seconds = Math.max(0.001, (this.#nowMs() - this.#startedAtMs) / 1000);
    this.#painter.paint([progressLine({ from, to, at, seconds, isLive: this.#painter.live, done, trouble })]);
  }

  #nowMs(): number {
    return (this.#options.nowMs ?? (() => performance.now()))();
  }
}

type Moment = ReturnType<ProgressOptions['look']> & {
  readonly from: Lsn;
  readonly to: Lsn;
  readonly seconds: number;
  readonly isLive: boolean;
};

/** Positions are bytes of WAL, of which what others write is a part. */
export function progressLine({ from, to, at, seconds, isLive, done, trouble }: Moment): string {
  const passed = Math.max(0, Number(at - from));
  const share = to > from ? Math.min(1, passed / Number(to - from)) : 1;
  const bar = isLive ? `${barText(share)} ` : '';
  const waits = trouble === undefined ? '' : `; waiting: ${trouble}`;
  const where = `${formatLsn(at > from ? at : from)} of ${formatLsn(to)}`;
  return `${bar}${Math.floor(share * 100)} %  ${where}, ${done}, ${bytesText(Math.round(passed / seconds))} of WAL a second${waits}`;
}

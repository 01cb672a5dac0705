import { secondsText } from '../amounts.ts';
import type { Context } from '../context.ts';
import type { Output, Sink } from '../output.ts';
import { Painter } from '../painter.ts';
import { agree, type Comparison } from './comparison.ts';
import {
  liveLines,
  type Moment,
  type Places,
  placesLines,
  plainLine,
  queryLines,
  summaryLines,
} from './demo-view.ts';

const PLAIN_INTERVAL_MS = 2_000;

/** What somebody who runs the demo sees. With --json the facts alone go to standard output, and this to standard error. */
export class DemoScreen {
  readonly #output: Output;
  readonly #painter: Painter;
  readonly #startedAtMs = performance.now();
  #places: Places | undefined;
  #found = false;
  #shownAtMs = Number.NEGATIVE_INFINITY;

  constructor({ output, stderr }: Pick<Context, 'output' | 'stderr'>) {
    const sink = output.asJson ? stderr : output.sink;
    this.#output = output;
    this.#painter = new Painter(sink, sink.isTTY === true && !output.asJson);
  }

  /** For log lines, which must not tear what is painted. */
  get logSink(): Sink {
    return { write: (text) => this.#painter.print(text) };
  }

  say(...lines: string[]): void {
    this.#painter.print(lines.map((line) => `${line}\n`).join(''));
  }

  places(places: Places): void {
    this.#places = places;
    this.say(...placesLines(places));
  }

  /** To be called as often as a terminal can follow; elsewhere most moments are left out, but not the last one. */
  show(moment: Moment, last: boolean): void {
    const { records, newest } = moment.searchable;
    if (!this.#found && records > 0 && this.#places !== undefined) {
      this.#found = true;
      this.say(`First record found ${secondsText(this.#seconds())} after the start. Try:`);
      this.say(...queryLines(this.#places, newest), '');
    }
    if (this.#painter.live) {
      this.#painter.paint(liveLines(moment));
    } else if (last || performance.now() - this.#shownAtMs >= PLAIN_INTERVAL_MS) {
      this.#shownAtMs = performance.now();
      this.#painter.paint([plainLine(moment)]);
    }
  }

  summary(comparison: Comparison, committed: number, seconds: number): void {
    this.#painter.finish();
    this.say(...summaryLines(comparison, committed, seconds));
    const { rows, records, missing, extra } = comparison;
    this.#output.json({
      agree: agree(comparison),
      rows,
      records,
      missing: missing.length,
      extra: extra.length,
      committed,
      seconds,
    });
  }

  #seconds(): number {
    return (performance.now() - this.#startedAtMs) / 1000;
  }
}

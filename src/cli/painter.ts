import type { Sink } from './output.ts';

const COLUMNS_DEFAULT = 80;

/** Shows a few lines that are painted anew again and again in a terminal, one below the other elsewhere. */
export class Painter {
  readonly #sink: Sink;
  readonly live: boolean;
  #painted: readonly string[] = [];

  constructor(sink: Sink, live: boolean) {
    this.#sink = sink;
    this.live = live;
  }

  /** Of a terminal; undefined elsewhere. */
  get columns(): number | undefined {
    return this.live ? (this.#sink.columns ?? COLUMNS_DEFAULT) : undefined;
  }

  /** Takes the place of what `paint` showed before; outside a terminal it is the next lines. */
  paint(lines: readonly string[]): void {
    if (!this.live) {
      for (const line of lines) this.#sink.write(`${line}\n`);
      return;
    }
    const erase = this.#erase();
    this.#painted = lines.map((line) => fitting(line, this.#sink));
    this.#sink.write(`${erase}${this.#painted.join('\n')}\n`);
  }

  /** A text that stays, above the painted lines. */
  print(text: string): void {
    const below = this.#painted.map((line) => `${line}\n`).join('');
    this.#sink.write(`${this.#erase()}${text}${below}`);
  }

  /** What is painted now stays. */
  finish(): void {
    this.#painted = [];
  }

  /** The lines of a log on the same terminal stand above what is painted; one that goes elsewhere is left alone. */
  logAbove(log: Sink): Sink {
    return this.live && log.isTTY === true ? { write: (text) => this.print(text) } : log;
  }

  /** Up to the first painted line and clear from there. https://vt100.net/docs/vt510-rm/ED.html */
  #erase(): string {
    return this.#painted.length === 0 ? '' : `\u001b[${this.#painted.length}A\r\u001b[J`;
  }
}

/** A line that wrapped would take more rows than are erased, so wide characters count for two. */
export function fitting(line: string, { columns = COLUMNS_DEFAULT }: Pick<Sink, 'columns'>): string {
  const width = columns - 1;
  let taken = 0;
  let text = '';
  for (const character of line) {
    taken += (character.codePointAt(0) ?? 0) < 0x1100 ? 1 : 2;
    if (taken > width) return text;
    text += character;
  }
  return text;
}

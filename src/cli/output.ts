/** A stream that a command writes to: a terminal, a pipe, or a test's list of texts. */
export type Sink = {
  write(text: string): unknown;
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  /** Of a stream, which says when it has room again. */
  once?(event: 'drain' | 'close', listener: () => void): unknown;
};

/** What a command prints on standard output: lines for people, or with --json one JSON text and nothing else. */
export class Output {
  readonly sink: Sink;
  readonly asJson: boolean;

  constructor(sink: Sink, asJson: boolean) {
    this.sink = sink;
    this.asJson = asJson;
  }

  /** For people; nothing with --json. */
  line(text = ''): void {
    if (!this.asJson) this.sink.write(`${text}\n`);
  }

  /** Names and values, the values below each other. */
  table(rows: readonly (readonly [name: string, value: string])[]): void {
    const width = Math.max(0, ...rows.map(([name]) => name.length));
    for (const [name, value] of rows) this.line(`${name.padEnd(width)}  ${value}`);
  }

  /** The facts of the command, only with --json. */
  json(facts: unknown): void {
    if (this.asJson) this.sink.write(`${JSON.stringify(facts, null, 2)}\n`);
  }
}

/** Texts of a database, without what a terminal would obey. */
export function harmless(text: string): string {
  return text.replaceAll(/\p{Cc}|\p{Cf}/gu, ' ');
}

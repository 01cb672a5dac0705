import { expect, onTestFinished, test, vi } from 'vitest';
import type { Config } from '../../../src/config/schema.ts';
import { BoundedText } from '../../../src/database/rows/key-query.ts';
import { RowReader, type Wanted } from '../../../src/database/rows/row-reader.ts';
import { requestBytes, type Step } from '../../../src/records/operations.ts';
import { partsBeforeRefresh } from '../../../src/records/parts.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';

import { RowEncoder } from '../../../src/refresh/row-encoder.ts';
import { createDatabase } from '../../support/postgres.ts';
import { openRefresher } from '../refresh/refresher-case.ts';

const BYTES_MAX = 1_000_000;
const RECORD_BYTES_MAX = 10_000;

type Case = {
  readonly table?: Partial<Config['tables'][string]>;
  /** SQL of the text of row n. */
  readonly text: string;
  readonly rows: number;
  /** The most that one row brings. */
  readonly rowBytes: number;
};

const cases: Readonly<Record<string, Case>> = {
  'rows that are small until many are read at once': {
    text: `CASE WHEN n <= 8500 THEN '' ELSE repeat('x', 8000) END`,
    rows: 10_000,
    rowBytes: 9_000,
  },
  'the same, of three bytes a character': {
    text: `CASE WHEN n <= 8500 THEN '' ELSE repeat('語', 2700) END`,
    rows: 10_000,
    rowBytes: 9_000,
  },
  'rows of a megabyte, of which a function makes records': {
    table: { transform: { apply: (record) => record, isPure: true } },
    text: `CASE WHEN n <= 100 THEN '' ELSE repeat('x', 950000) END`,
    rows: 150,
    rowBytes: 951_000,
  },
  'rows of a megabyte that cannot be records': {
    text: `repeat('x', 1000000)`,
    rows: 300,
    rowBytes: 10_100,
  },
};

/** What is held of rows: the text of those that are being read, and what was encoded since the last part was written. */
class Meter {
  peakBytes = 0;
  #text = 0;
  #encoded = 0;

  /** `planted` takes the place of what is asked of the reader. */
  watch(planted: Partial<Wanted>): void {
    const { read } = RowReader.prototype;
    const { getTypeParser } = BoundedText.prototype;
    const { encode, release } = RowEncoder.prototype;
    const meter = this;
    vi.spyOn(RowReader.prototype, 'read').mockImplementation(function (this: RowReader, wanted) {
      meter.#text = 0;
      return read.call(this, { ...wanted, ...planted });
    });
    vi.spyOn(BoundedText.prototype, 'getTypeParser').mockImplementation(function (this: BoundedText) {
      const parser = getTypeParser.call(this);
      return (value) => {
        const kept = parser(value);
        meter.#hold(Buffer.byteLength(kept ?? ''), 0);
        return kept;
      };
    });
    vi.spyOn(RowEncoder.prototype, 'encode').mockImplementation(function (this: RowEncoder, ...given) {
      const encoded = encode.apply(this, given);
      for (const step of encoded.values()) meter.#hold(0, requestBytes(step));
      return encoded;
    });
    vi.spyOn(RowEncoder.prototype, 'release').mockImplementation(function (this: RowEncoder) {
      meter.#encoded = 0;
      return release.call(this);
    });
    onTestFinished(() => void vi.restoreAllMocks());
  }

  #hold(text: number, encoded: number): void {
    this.#text += text;
    this.#encoded += encoded;
    this.peakBytes = Math.max(this.peakBytes, this.#text + this.#encoded);
  }
}

/** The most that is held while rows that one message asks for become records. */
async function peakBytes({ table, text, rows }: Case, planted: Partial<Wanted> = {}): Promise<number> {
  await using database = await createDatabase();
  const { client, publication } = database;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, v text);
    INSERT INTO t SELECT n, ${text} FROM generate_series(1, ${rows}) n;
    CREATE PUBLICATION "${publication}" FOR TABLE t`);
  const tables = { 'public.t': { index: 't', objectID: ['id'], ...table } };
  await using refresher = await openRefresher(database, tables, RECORD_BYTES_MAX, BYTES_MAX);
  const meter = new Meter();
  meter.watch(planted);
  const asked = Array.from({ length: rows }, (_, at) => ({ table: 'public.t', objectID: String(at + 1) }));
  let steps = 0;
  for (let left: readonly Step[] = refreshSteps(asked, tables, RECORD_BYTES_MAX); left.length > 0; ) {
    const { part, rest } = partsBeforeRefresh(await refresher.resolve(left));
    steps += part.length;
    left = rest;
  }
  expect(steps).toBe(rows);
  return meter.peakBytes;
}

const limit = ({ rowBytes }: Case): number => 2 * (BYTES_MAX + rowBytes);

test.each(Object.entries(cases))(
  '%s: twice what a batch may have is held of them, and a row',
  async (_, each) => {
    const peak = await peakBytes(each);
    expect(peak).toBeLessThanOrEqual(limit(each));
    // The meter does see them.
    expect(peak).toBeGreaterThan(each.rowBytes);
  },
);

test.each([
  ['nobody counts the text that is read', Number.POSITIVE_INFINITY],
  ['as much text as ever beside records', BYTES_MAX],
])('planted and beyond the bound: %s', async (_, textBytesMax) => {
  const each = cases['rows that are small until many are read at once'] as Case;
  expect(await peakBytes(each, { textBytesMax })).toBeGreaterThan(limit(each));
});

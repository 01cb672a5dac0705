import { describe, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { ConfigError } from '../../../src/errors.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import {
  encoderOf,
  INT8,
  inserted,
  JSONB,
  plain,
  TIMESTAMPTZ,
  thrown,
  unfit,
} from './record-encoder-case.ts';
import { relationOf } from './tuples.ts';

const record = (
  attributes: TableConfig['attributes'],
  columns = ['1', 'n', '{"a": [1.10, "x"]}'],
  more = {},
) => inserted(plain, columns, { table: { attributes, ...more } })[0];

describe('constants', () => {
  const attributes = {
    id: 'id',
    kind: { constant: 'log "x"' },
    none: { constant: null },
    deep: { constant: { a: [1, true] } },
  };

  test('stand in every record', () => {
    expect(record(attributes)?.body).toMatchObject({
      id: 1,
      kind: 'log "x"',
      none: null,
      deep: { a: [1, true] },
    });
  });

  test('count for the size of a record, also of one that is cut', () => {
    const large = { id: 'id', note: 'note', big: { constant: 'x'.repeat(500) } };
    const row = ['1', 'n'.repeat(600), null];
    const options = { recordBytesMax: 1_000 };
    expect(unfit(plain, row, { ...options, table: { attributes: large } }).problem).toBe('too-large');
    const table = { attributes: large, oversize: 'cut' as const };
    const [operation] = inserted(plain, row, { ...options, table });
    const body = operation?.body;
    expect(body).toMatchObject({ big: 'x'.repeat(500), _cut: ['note'] });
    expect(JSON.stringify(body).length).toBeLessThanOrEqual(1_000);
  });

  test('take no name that the milliseconds of a timestamp have', () => {
    const table = { attributes: { at: 't', at_ms: { constant: 1 } } };
    const error = thrown(() => encoderOf(relationOf({ id: INT8, t: TIMESTAMPTZ }), { table }));
    expect(error.message).toMatch(/"at_ms" is both an attribute and the milliseconds/);
    expect(error.remedy).toContain('"at_ms_value": {"constant": …}');
  });
});

describe('paths', () => {
  test('a part of a document', () => {
    const json = '{"a": [12345678901234567890.10, "x"], "n": null}';
    const attributes = {
      first: { column: 'data', path: 'a.0' },
      list: { column: 'data', path: 'a' },
      none: { column: 'data', path: 'n' },
      gone: { column: 'data', path: 'b.c' },
    };
    const [operation] = inserted(plain, ['1', 'n', json], { table: { attributes } });
    expect(operation?.text).toContain(
      ',"first":12345678901234567890.10,"list":[12345678901234567890.10, "x"],"none":null,"gone":null,"source_table"',
    );
  });

  test('as text or number', () => {
    const attributes = (as: 'number' | 'string', path: string) => ({ v: { column: 'data', path, as } });
    expect(record(attributes('string', 'a.0'))?.body).toMatchObject({ v: '1.10' });
    expect(record(attributes('string', 'a.1'))?.body).toMatchObject({ v: 'x' });
    expect(record(attributes('string', 'a'))?.body).toMatchObject({ v: '[1.10, "x"]' });
    expect(record(attributes('number', 'a.0'))?.body).toMatchObject({ v: 1.1 });
    expect(record(attributes('number', 'a.0'), ['1', 'n', '{"a": [" 07"]}'])?.body).toMatchObject({ v: 7 });
    for (const path of ['a', 'a.1']) {
      const { problem, message } = unfit(plain, ['1', 'n', '{"a": [1, "secret"]}'], {
        table: { attributes: attributes('number', path) },
      });
      expect(problem).toBe('unreadable-value');
      expect(message).not.toContain('secret');
    }
  });

  test('a document may be larger than a record, up to a limit', () => {
    const options = { recordBytesMax: 1_000, table: { attributes: { v: { column: 'data', path: 'v' } } } };
    const row = (bytes: number) => ['1', 'n', `{"x": "${'x'.repeat(bytes)}", "v": 7}`];
    expect(inserted(plain, row(100_000), options)[0]?.body).toMatchObject({ v: 7 });
    const { problem, message } = unfit(plain, row(1_000_000), options);
    expect(problem).toBe('too-large');
    expect(message).toMatch(/"v" in a document of 1000\d{3}/);
  });

  test('a row that is read again counts with the documents that it brings', () => {
    const attributes = {
      v: { column: 'data', path: 'v' },
      w: { column: 'data', path: 'w' },
      u: { column: 'more', path: 'u' },
    };
    const table = { index: 'audit_log', objectID: ['id'] };
    const weigh = (config: TableConfig): number | undefined =>
      refreshSteps([{ table: 'public.t', objectID: '1' }], { 'public.t': config }, 1_000)[0]?.bytesMax;
    expect(weigh(table)).toBe(1_000);
    expect(weigh({ ...table, attributes })).toBe(2_001_000);
  });

  test('a part that is too large is cut to null', () => {
    const attributes = { id: 'id', v: { column: 'data', path: 'v' } };
    const table = { attributes, oversize: 'cut' as const };
    const row = ['1', 'n', `{"v": ["${'x'.repeat(2_000)}"]}`];
    const [operation] = inserted(plain, row, { recordBytesMax: 1_000, table });
    expect(operation?.body).toMatchObject({ id: 1, v: null, _cut: ['v'] });
  });

  test('only of a json column', () => {
    const table = { attributes: { v: { column: 'note', path: 'a' } } };
    const error = thrown(() => encoderOf(plain, { table }));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toContain('attribute "v" has a path, but its column is neither json nor jsonb');
    expect(() => encoderOf(relationOf({ id: INT8, note: JSONB }), { table })).not.toThrow();
  });
});

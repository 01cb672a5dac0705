import { describe, expect, test } from 'vitest';
import { parseTemplate } from '../../../src/config/template.ts';
import { INT8, inserted, insertedSteps, plain, TIMESTAMPTZ, unfit } from './record-encoder-case.ts';
import type { ColumnText } from './tuples.ts';
import { relationOf, UNCHANGED } from './tuples.ts';

const base = { id: 'id', note: 'note', data: 'data', part: { column: 'data', path: 'k' } };

function made(template: string, columns: readonly ColumnText[], more = {}) {
  const attributes = { ...base, made: { template: parseTemplate(template) } };
  return inserted(plain, columns, { table: { attributes, ...more } })[0]?.body;
}

describe('a text made of attributes', () => {
  test('holds numbers, texts and JSON as they stand in their own place', () => {
    expect(made('{id}:{note}', ['7', 'n', null])).toMatchObject({ id: 7, note: 'n', made: '7:n' });
    expect(made('({data})', ['7', 'n', '{"a": "b\\"c"}'])).toMatchObject({ made: '({"a": "b\\"c"})' });
    expect(made('{part}', ['7', 'n', '{"k": true}'])).toMatchObject({ made: 'true' });
    expect(made('{part}{part}', ['7', 'n', '{"k": [1]}'])).toMatchObject({ made: '[1][1]' });
  });

  test('keeps quotes, control characters and unicode', () => {
    const note = 'ü "q" \\ \n\u0001 \u{1F600}';
    expect(made('"{note}\n', ['7', note, null])).toMatchObject({ made: `"${note}\n` });
    expect(made('{note}', ['7', '', null])).toMatchObject({ made: '' });
  });

  test('is null where an attribute is, unless that one is optional', () => {
    expect(made('{id}:{note}', ['7', null, null])).toMatchObject({ made: null, note: null });
    expect(made('{id}[ on {note}][ with {part}]!', ['7', null, '{"k": 1}'])).toMatchObject({
      made: '7 with 1!',
    });
    expect(made('{id}[ on {note}]', ['7', 'x', null])).toMatchObject({ made: '7 on x' });
    expect(made('[{note}]', ['7', null, null])).toMatchObject({ made: '' });
  });

  test('has a timestamp without its milliseconds', () => {
    const relation = relationOf({ id: INT8, at: TIMESTAMPTZ });
    const attributes = { at: 'at', made: { template: parseTemplate('{at}') } };
    const [operation] = inserted(relation, ['1', '2026-01-02 03:04:05.678901+00'], { table: { attributes } });
    expect(operation?.body).toMatchObject({ made: '2026-01-02T03:04:05.678901Z', at_ms: 1_767_323_045_678 });
  });

  test('outgrows no buffer', () => {
    const note = 'é"'.repeat(300);
    expect(made('{note}{note}{id}', ['7', note, null])).toMatchObject({ made: `${note}${note}7` });
  });

  test('counts for the size of the record, and stays whole in one that is cut', () => {
    const attributes = { ...base, made: { template: parseTemplate('{id}-{id}') } };
    const row = ['1', 'n'.repeat(2_000), null];
    const options = { recordBytesMax: 1_000 };
    expect(unfit(plain, row, { ...options, table: { attributes } }).problem).toBe('too-large');
    const [operation] = inserted(plain, row, { ...options, table: { attributes, oversize: 'cut' } });
    expect(operation?.body).toMatchObject({ made: '1-1', _cut: ['note'] });
    expect(JSON.stringify(operation?.body).length).toBeLessThanOrEqual(1_000);
    const large = { ...base, made: { template: parseTemplate('{note}{note}') } };
    const twice = ['1', 'n'.repeat(600), null];
    expect(unfit(plain, twice, { ...options, table: { attributes: large, oversize: 'cut' } }).problem).toBe(
      'too-large',
    );
  });
});

test('a row whose column did not travel is read again', () => {
  const attributes = { id: 'id', data: 'data', made: { template: parseTemplate('{data}') } };
  const steps = insertedSteps(plain, ['1', 'n', UNCHANGED], { table: { attributes } });
  expect(steps.map(({ kind }) => kind)).toEqual(['refresh']);
});

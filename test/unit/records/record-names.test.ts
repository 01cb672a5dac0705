import { describe, expect, it } from 'vitest';
import type { Draft } from '../../../src/records/operations.ts';
import type { ReferenceNames } from '../../../src/records/reference-names.ts';
import { encoderOf, INT8, inserted, insertedSteps, JSONB, shared, thrown } from './record-encoder-case.ts';
import { type ColumnText, catalogOf, relationOf, tupleOf, UNCHANGED } from './tuples.ts';

const relation = relationOf({ id: INT8, actor_id: 25, data: JSONB });
const attributes = {
  id: 'id',
  actor: { column: 'actor_id', lookup: 'users' },
  owner: { column: 'data', path: 'owner.id', lookup: 'users' },
};

/** These names, and any other id has to be read. */
function namesOf(known: Readonly<Record<string, string>>): ReferenceNames {
  return {
    table: 'public.users',
    key: 'id',
    find: (key) => known[key],
    forget: () => undefined,
    forgetAll: () => undefined,
  };
}

const options = (known: Readonly<Record<string, string>>, more = {}) => ({
  table: { attributes },
  lookups: new Map([['users', namesOf(known)]]),
  ...more,
});

const row = (actor: ColumnText, data: ColumnText): readonly ColumnText[] => ['1', actor, data];

describe('names that are remembered', () => {
  it('stand behind what the row says, in front of its commit', () => {
    const [operation] = inserted(
      relation,
      row('7', '{"owner":{"id":8}}'),
      options({ 7: '"Ann"', 8: 'null' }),
    );
    expect(operation?.kind).toBe('update');
    expect(Object.keys(operation?.body ?? {})).toEqual([
      'objectID',
      'id',
      'source_table',
      'actor',
      'owner',
      'wal',
    ]);
    expect(operation?.body).toMatchObject({ id: 1, actor: 'Ann', owner: null });
  });

  it.each([
    [null, null],
    [null, '{}'],
    [null, '{"owner":{"id":null}}'],
    [null, '{"owner":{"id":{"a":1}}}'],
    [null, '{"owner":{"id":[1]}}'],
    [null, `{"owner":{"id":"${'x'.repeat(10_001)}"}}`],
    ['x'.repeat(10_001), null],
  ])('are null where there is no id: %.20s, %.30s', (actor, data) => {
    const [operation] = inserted(relation, row(actor, data), options({}));
    expect(operation?.body).toMatchObject({ actor: null, owner: null });
  });

  it.each([
    ['"ab"', 'ab'],
    ['"a\\"b\\u00fc"', 'a"bü'],
    ['12.50', '12.50'],
    ['true', 'true'],
    ['""', ''],
  ])('are those of the text of a part of json: %s', (json, id) => {
    const [operation] = inserted(relation, row(null, `{"owner":{"id":${json}}}`), options({ [id]: '"X"' }));
    expect(operation?.body).toMatchObject({ owner: 'X' });
  });
});

describe('a name that has to be read', () => {
  it('makes a draft of the record without any names, which says what is wanted', () => {
    const [draft] = insertedSteps(relation, row('7', '{"owner":{"id":9}}'), options({ 7: '"Ann"' }));
    const { kind, change, bytes, start, end, unfinished } = draft as Draft;
    expect([kind, change]).toEqual(['draft', 'insert']);
    expect(Object.keys(JSON.parse(bytes.toString('utf8', start, end)).body)).toEqual([
      'objectID',
      'id',
      'source_table',
      'wal',
    ]);
    const [names] = unfinished;
    expect(names).toMatchObject({ kind: 'names', wanted: [{ id: '7' }, { id: '9' }] });
  });

  it('leaves nothing behind for the next row', () => {
    const encoder = encoderOf(relation, options({ 7: '"Ann"' }));
    const kinds = ['9', '7', null].map((actor) => {
      const into: { kind: string }[] = [];
      encoder.insert({ tag: 'insert', relation, new: tupleOf(...row(actor, null)) }, shared, into as never);
      return into[0]?.kind;
    });
    expect(kinds).toEqual(['draft', 'update', 'update']);
  });
});

it('a row whose id did not travel is read again', () => {
  for (const columns of [row(UNCHANGED, null), row('7', UNCHANGED)]) {
    const [step] = insertedSteps(relation, columns, options({ 7: '"Ann"' }));
    expect(step?.kind).toBe('refresh');
  }
});

describe('a record that is almost too large', () => {
  const noted = relationOf({ id: INT8, actor_id: 25, note: 25 });
  const table = { attributes: { id: 'id', note: 'note', actor: { column: 'actor_id', lookup: 'users' } } };
  const made = (note: string, name: string, more = {}, recordBytesMax = 500) =>
    insertedSteps(noted, ['1', '7', note], {
      table: { ...table, ...more },
      lookups: new Map([['users', namesOf(name === '' ? {} : { 7: name })]]),
      recordBytesMax,
    });
  const length = (name: string, more = {}) => {
    let fits = 0;
    for (let bytes = 0; bytes < 600; bytes++) {
      const [step] = made('x'.repeat(bytes), name, more);
      if (step?.kind === 'update' || step?.kind === 'draft') fits = bytes;
    }
    return fits;
  };

  it('has as much room for the row whatever the name is, known or not', () => {
    const lengths = ['', 'null', '"Ann"', `"${'y'.repeat(498)}"`].map((name) => length(name));
    expect(new Set(lengths)).toEqual(new Set([length('null')]));
    expect(length('null')).toBeGreaterThan(200);
  });

  it('has the name where that fits, to the byte, else null', () => {
    const bodies = Array.from({ length: length('null') + 1 }, (_, bytes) => {
      const [step] = made('x'.repeat(bytes), '"Ann Other"');
      if (step?.kind !== 'update') throw new Error('no record');
      const { bytes: buffer, start, end } = step;
      return JSON.stringify((JSON.parse(buffer.toString('utf8', start, end)) as { body: unknown }).body);
    });
    const named = bodies.filter((body) => body.includes('Ann Other'));
    expect(Math.max(...bodies.map((body) => body.length))).toBe(500);
    expect(Math.max(...named.map((body) => body.length))).toBe(500);
    expect(named.length).toBe(bodies.length - ('"Ann Other"'.length - 'null'.length));
  });

  it('is cut at the same place whatever the name is, with room for the nulls of many', () => {
    const names = Array.from({ length: 9 }, (_, at) => [
      `actor_${at}`,
      { column: 'actor_id', lookup: 'users' },
    ]);
    const manyNames = { ...table.attributes, ...Object.fromEntries(names) };
    const notes = ['', 'null', '"Ann"', `"${'y'.repeat(100)}"`].map((name) => {
      const [step] = made('x'.repeat(2_000), name, { oversize: 'cut', attributes: manyNames }, 1_000);
      if (step?.kind !== 'update' && step?.kind !== 'draft') throw new Error('no record');
      const { bytes, start, end } = step;
      return (JSON.parse(bytes.toString('utf8', start, end)) as { body: { note: string } }).body.note;
    });
    expect(new Set(notes).size).toBe(1);
  });
});

describe('a column that can hold no ids', () => {
  const lists = catalogOf({ oid: 1016, elementOid: INT8 });
  it.each([
    ['a list', { ids: 1016 }, { column: 'ids', lookup: 'users' }, 'has a lookup, and its column is a list'],
    [
      'json without a path',
      { data: JSONB },
      { column: 'data', lookup: 'users' },
      'has a lookup, and its column is a json',
    ],
    [
      'text with a path',
      { note: 25 },
      { column: 'note', path: 'a', lookup: 'users' },
      'is neither json nor jsonb',
    ],
    ['no column', {}, { column: 'note', lookup: 'users' }, 'which is not published'],
  ])('is refused: %s', (_name, columns, attribute, message) => {
    const error = thrown(() =>
      encoderOf(relationOf({ id: INT8, ...columns }), {
        table: { attributes: { id: 'id', who: attribute } },
        types: lists,
      }),
    );
    expect(error.message).toContain(message);
    expect(error.remedy).toBeDefined();
  });
});

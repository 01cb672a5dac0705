import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Lsn } from '../../../src/lsn.ts';
import type { Step } from '../../../src/records/operations.ts';
import { Slab } from '../../../src/records/slab.ts';
import { NO_TRANSACTION, transaction, WAL_BYTES_MAX } from '../../../src/records/transaction.ts';
import type { Relation } from '../../../src/replication/messages.ts';
import { encoderOf, INT8, inserted, JSONB, type Options, unfit } from './record-encoder-case.ts';
import { begin, type ColumnText, catalogOf, operationsOf, relationOf, tupleOf } from './tuples.ts';

const oversize = 'cut' as const;
const MOOD = 20_001;
const CITEXT = 20_002;
const PAIR = 20_003;
const TEXTS = 1009;
const types = catalogOf(
  { oid: MOOD, kind: 'e', category: 'E' },
  { oid: CITEXT, category: 'S' },
  { oid: PAIR, kind: 'c', category: 'C' },
  { oid: TEXTS, category: 'A', elementOid: 25 },
);
const LIMIT = 2_000;

type Body = Readonly<Record<string, unknown>>;

function cut(relation: Relation, columns: readonly ColumnText[], { table, ...options }: Options = {}): Body {
  const [operation, ...more] = inserted(relation, columns, {
    recordBytesMax: LIMIT,
    types,
    table: { oversize, ...table },
    ...options,
  });
  expect(more).toEqual([]);
  expect(operation?.body).toBeDefined();
  return operation?.body ?? {};
}

const without = (body: Body, ...names: string[]): Body =>
  Object.fromEntries(Object.entries(body).filter(([name]) => !names.includes(name)));

/** One of text that is to be cut anywhere: all lengths of UTF-8, escapes, pairs of surrogates, combining marks. */
const character = fc.constantFrom('x', '"', '\\', '\n', '\u0001', 'é', '€', '🦊', 'e\u0301', '\u2028');
const rowOf = (sizes: { readonly minLength?: number; readonly maxLength: number }) => {
  const text = fc.array(character, { ...sizes, size: 'max' }).map((parts) => parts.join(''));
  return fc.tuple(
    fc.option(text),
    fc.option(text),
    fc.option(text.map((value) => JSON.stringify({ value }))),
    fc.option(fc.uint8Array({ ...sizes, size: 'max' })),
    fc.option(text),
    fc.constantFrom(null, 'glad'),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
};
const row = fc.oneof(rowOf({ maxLength: 100 }), rowOf({ minLength: 50, maxLength: 700 }));
type Row = ReturnType<typeof rowOf> extends fc.Arbitrary<infer Values> ? Values : never;
const relation = relationOf({
  id: INT8,
  z: 25,
  note: CITEXT,
  data: JSONB,
  bytes: 17,
  name: 1043,
  mood: MOOD,
  rate: 701,
});
const textsOf = ([z, note, data, bytes, name, mood, rate]: Row): ColumnText[] => [
  '7',
  z,
  note,
  data,
  bytes && `\\x${Buffer.from(bytes).toString('hex')}`,
  name,
  mood,
  String(rate),
];

describe('a record that is too large', () => {
  test('is cut to one that fits, and says where', () => {
    let [wholes, cuts, refused] = [0, 0, 0];
    fc.assert(
      fc.property(row, fc.integer({ min: 0, max: 3 }), (values, digits) => {
        const columns = textsOf(values);
        const [whole] = inserted(relation, columns, { types, recordBytesMax: 1_000_000 });
        const wanted = whole?.body ?? {};
        const into: Step[] = [];
        const shared = transaction({ ...begin, commitLsn: (begin.commitLsn << BigInt(8 * digits)) as Lsn });
        const encoder = encoderOf(relation, { types, recordBytesMax: LIMIT, table: { oversize } });
        encoder.insert({ tag: 'insert', relation, new: tupleOf(...columns) }, shared, into);
        const [written] = operationsOf(into);
        if (written === undefined) {
          expect(into[0]?.kind).toBe('unfit');
          refused++;
          return;
        }
        const body = written.body ?? {};
        const bytes = Buffer.byteLength(JSON.stringify(body));
        expect(Buffer.from(written.text).toString()).toBe(written.text);
        expect(written.text.slice('{"action":"updateObject","body":'.length, -1).length).toBeLessThanOrEqual(
          LIMIT,
        );
        expect(bytes).toBeLessThanOrEqual(LIMIT);
        const names = (body['_cut'] ?? []) as readonly string[];
        expect([...names].sort()).toEqual(names);
        const changed = Object.keys(wanted).filter((name) => name !== 'wal' && body[name] !== wanted[name]);
        expect(
          changed.filter((name) => JSON.stringify(body[name]) !== JSON.stringify(wanted[name])).sort(),
        ).toEqual(names);
        for (const name of names) {
          const [now, before] = [body[name], wanted[name]];
          if (name === 'data' || name === 'bytes') expect(now).toBeNull();
          else expect(String(before).startsWith(String(now))).toBe(true);
          expect(String(now)).not.toMatch(/\p{Surrogate}/u);
        }
        expect(Object.keys(without(body, '_cut', 'wal'))).toEqual(Object.keys(without(wanted, 'wal')));
        // The mapped part is the same however long the transaction's numbers are, and without one.
        const again = encoder.row(tupleOf(...columns), () => NO_TRANSACTION);
        const [read] = operationsOf(again === undefined ? [] : [again]);
        expect(read?.body).toEqual(without(body, 'wal'));
        if (names.length > 0) cuts++;
        else wholes++;
      }),
      { numRuns: 500, endOnFailure: true },
    );
    expect(Math.min(wholes, cuts)).toBeGreaterThan(20);
    expect(refused).toBe(0);
  });

  test('uses the room that it has, to the byte where the text allows it', () => {
    const plain = relationOf({ id: INT8, note: 25, other: 25 });
    for (const other of ['', 'y'.repeat(150), 'y'.repeat(3_000)]) {
      const body = cut(plain, ['1', 'x'.repeat(1_000_000), other]);
      const mapped = Buffer.byteLength(JSON.stringify(without(body, 'wal'))) - 1;
      expect(LIMIT - WAL_BYTES_MAX - mapped).toBeLessThan(2);
      expect(body['_cut']).toEqual(other.length > 1_000 ? ['note', 'other'] : ['note']);
    }
  });

  test('is whole up to the last byte, and cut from the next one on', () => {
    const plain = relationOf({ id: INT8, note: 25 });
    const empty = Buffer.byteLength(JSON.stringify(without(cut(plain, ['1', '']), 'wal'))) - 1;
    const room = LIMIT - WAL_BYTES_MAX - empty;
    expect(cut(plain, ['1', 'x'.repeat(room)])).toMatchObject({ note: 'x'.repeat(room) });
    expect(cut(plain, ['1', 'x'.repeat(room)])).not.toHaveProperty('_cut');
    expect(cut(plain, ['1', 'x'.repeat(room + 1)])['_cut']).toEqual(['note']);
  });

  test('loses its largest attributes, and structures as a whole', () => {
    const wide = relationOf({ id: INT8, a: 25, b: JSONB, c: TEXTS, d: PAIR, e: 142, f: 17 });
    const columns = (...sizes: number[]) => [
      '1',
      'x'.repeat(sizes[0] ?? 0),
      JSON.stringify('x'.repeat(sizes[1] ?? 0)),
      `{${'x'.repeat(sizes[2] ?? 0)}}`,
      `(${'x'.repeat(sizes[3] ?? 0)})`,
      `<a>${'x'.repeat(sizes[4] ?? 0)}</a>`,
      `\\x${'00'.repeat(sizes[5] ?? 0)}`,
    ];
    const whole = { b: 'x'.repeat(300), d: `(${'x'.repeat(300)})`, e: '<a></a>', f: '' };
    expect(cut(wide, columns(0, 300, 1_700, 300))).toMatchObject({ ...whole, a: '', c: null, _cut: ['c'] });
    const several = cut(wide, columns(900, 900, 900, 900, 900, 900));
    expect(several).toMatchObject({
      b: null,
      c: null,
      d: null,
      f: null,
      _cut: ['a', 'b', 'c', 'd', 'e', 'f'],
    });
    expect(String(several['a']).length).toBeGreaterThan(600);
    expect(String(several['e'])).toMatch(/^<a>x{600}/);
  });

  test('keeps its objectID, its key columns, numbers, enums and whatever is short; what does not fit then is set aside', () => {
    const keyed = relationOf({ id: 25, kind: 25, note: 25 });
    const body = cut(keyed, ['k'.repeat(500), 'x', 'n'.repeat(5_000)]);
    expect(body).toMatchObject({ objectID: 'k'.repeat(500), id: 'k'.repeat(500), kind: 'x', _cut: ['note'] });
    const refused = (relation: Relation, columns: readonly ColumnText[], table = {}) =>
      unfit(relation, columns, { types, recordBytesMax: LIMIT, table: { oversize, ...table } }).problem;
    expect(refused(keyed, ['k'.repeat(1_000), 'x', 'n'.repeat(5_000)])).toBe('too-large');
    expect(refused(relationOf({ id: INT8, n: 1700 }), ['1', '7'.repeat(5_000)])).toBe('too-large');
    expect(refused(relationOf({ id: INT8, m: MOOD }), ['1', 'm'.repeat(5_000)])).toBe('too-large');
    const asNumber = { attributes: { n: { column: 'n', as: 'number' as const } } };
    expect(refused(relationOf({ id: INT8, n: 25 }), ['1', '7'.repeat(5_000)], asNumber)).toBe('too-large');
    const names = Array.from({ length: 100 }, (_, index) => `a${index}`);
    const many = relationOf({ id: INT8, ...Object.fromEntries(names.map((name) => [name, 25])) });
    expect(refused(many, ['1', ...names.map(() => 'x'.repeat(30))])).toBe('too-large');
    const long = names.map((name) => `${name}_${'n'.repeat(300)}`);
    const long25 = relationOf({ id: INT8, ...Object.fromEntries(long.map((name) => [name, 25])) });
    expect(refused(long25, ['1', ...long.map(() => 'x'.repeat(400))])).toBe('too-large');
  });

  test('an attribute whose name is longer than what cutting it would save is not cut', () => {
    const name = 'n'.repeat(600);
    const plain = relationOf({ id: INT8, [name]: 25, note: 25 });
    const body = cut(plain, ['1', 'x'.repeat(700), 'y'.repeat(1_000)]);
    expect(body).toMatchObject({ [name]: 'x'.repeat(700), _cut: ['note'] });
    expect(String(body['note']).length).toBeLessThan(700);
  });

  test('a text of 5 MB is read no further than it is written, and no larger buffer is made for it', () => {
    const slab = new Slab(8_192);
    const first = slab.bytes;
    cut(relationOf({ id: INT8, note: 25 }), ['1', 'x'.repeat(5_000_000)], { slab });
    expect(slab.bytes).toBe(first);
  });

  test('a value that cannot be read is what is wrong with its row, however large the others are', () => {
    const table = { oversize, attributes: { a: 'a', n: { column: 'n', as: 'number' as const } } };
    const columns = ['1', 'x'.repeat(5_000), 'no number'];
    const step = unfit(relationOf({ id: INT8, a: 25, n: 25 }), columns, { recordBytesMax: LIMIT, table });
    expect(step.problem).toBe('unreadable-value');
  });
});

import { describe, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { ConfigError, RecordError, UnknownTypeError } from '../../../src/errors.ts';
import type { Step } from '../../../src/records/operations.ts';
import {
  compileEncoder,
  type EncoderOptions,
  type RecordEncoder,
} from '../../../src/records/record-encoder.ts';
import { Slab } from '../../../src/records/slab.ts';
import { transaction } from '../../../src/records/transaction.ts';
import type { Relation, Tuple } from '../../../src/replication/messages.ts';
import { begin, type ColumnText, operationsOf, relationOf, tupleOf, UNCHANGED } from './tuples.ts';

const INT8 = 20;
const TIMESTAMPTZ = 1184;
const JSONB = 3802;
const wal = {
  lsn: '0/1776B48',
  xid: 7,
  committed_at: '2026-11-18T11:06:40.123456Z',
  committed_at_ms: 1_795_000_000_123,
};

type Options = Partial<Omit<EncoderOptions, 'table'>> & { readonly table?: Partial<TableConfig> };

function encoderOf(relation: Relation, { table, ...options }: Options = {}): RecordEncoder {
  return compileEncoder({
    relation,
    table: { index: 'audit_log', objectID: ['id'], ...table },
    qualifiedName: 'public.audit_log',
    types: new Map(),
    recordBytesMax: 10_000,
    slab: new Slab(256),
    ...options,
  });
}

const shared = transaction(begin);

function inserted(relation: Relation, columns: readonly ColumnText[], options?: Options) {
  const into: Step[] = [];
  encoderOf(relation, options).insert({ tag: 'insert', relation, new: tupleOf(...columns) }, shared, into);
  return operationsOf(into);
}

function updated(
  relation: Relation,
  old: [kind: 'key' | 'full', Tuple] | undefined,
  fresh: Tuple,
  options?: Options,
) {
  const into: Step[] = [];
  const image = old && { kind: old[0], tuple: old[1] };
  encoderOf(relation, options).update({ tag: 'update', relation, old: image, new: fresh }, shared, into);
  return operationsOf(into);
}

function thrown(work: () => unknown): Error & { remedy?: string } {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  throw new Error('nothing was thrown');
}

const plain = relationOf({ id: INT8, note: 25, data: JSONB });

describe('a record', () => {
  test('holds objectID, the columns, source_table and wal, in this order', () => {
    const relation = relationOf({ id: INT8, at: TIMESTAMPTZ, note: 25, after: JSONB });
    const [operation] = inserted(relation, ['12', '2026-11-23 21:12:23.456789+00', 'a "b"', '{"n": 1.10}']);
    expect(operation?.text).toBe(
      '{"action":"updateObject","body":{"objectID":"12","id":12,"at":"2026-11-23T21:12:23.456789Z",' +
        '"at_ms":1795468343456,"note":"a \\"b\\"","after":{"n": 1.10},"source_table":"public.audit_log",' +
        `"wal":${JSON.stringify(wal)}}}`,
    );
    expect(operation).toMatchObject({ kind: 'update', index: 'audit_log', objectID: '12' });
  });

  test('has null for NULL, twice for a timestamp', () => {
    const relation = relationOf({ id: INT8, at: TIMESTAMPTZ, note: 25 });
    expect(inserted(relation, ['1', null, null])[0]?.body).toMatchObject({
      at: null,
      at_ms: null,
      note: null,
    });
  });

  test('takes the attributes that are configured, renamed and converted', () => {
    const relation = relationOf({ id: INT8, at: 1114, note: 25, secret: 25 });
    const attributes = {
      text: 'note',
      happened: { column: 'at', timeZone: 'Europe/Berlin' },
      number: { column: 'id', as: 'string' as const },
    };
    const [operation] = inserted(relation, ['5', '2026-07-15 00:30:00', 'n', 'hidden'], {
      table: { attributes },
    });
    expect(operation?.body).toEqual({
      objectID: '5',
      text: 'n',
      happened: '2026-07-14T22:30:00Z',
      happened_ms: Date.UTC(2026, 6, 14, 22, 30),
      number: '5',
      source_table: 'public.audit_log',
      wal,
    });
  });

  test('may have any names', () => {
    const relation = relationOf({ id: INT8, 'a "b"\n': 25, __proto: 25 }, {});
    const attributes = { 'a "b"\n': 'a "b"\n', é: '__proto' };
    const [operation] = inserted(relation, ['1', 'x', 'y'], { table: { attributes } });
    expect(operation?.body).toMatchObject({ 'a "b"\n': 'x', é: 'y' });
  });

  test('stays whole while records before it stay as they were', () => {
    const encoder = encoderOf(plain);
    const into: Step[] = [];
    for (let id = 0; id < 50; id++) {
      const fresh = tupleOf(String(id), `note ${id}`, `{"n": ${id}}`);
      encoder.insert({ tag: 'insert', relation: plain, new: fresh }, shared, into);
    }
    for (const [id, { body }] of operationsOf(into).entries()) {
      expect(body).toMatchObject({ objectID: String(id), note: `note ${id}`, data: { n: id } });
    }
  });
});

describe('the objectID', () => {
  test.each([
    [INT8, '-12', '-12'],
    [INT8, '9223372036854775807', '9223372036854775807'],
    [INT8, '0', '0'],
    [25, 'a:b%"\\é', 'a:b%"\\é'],
    [TIMESTAMPTZ, '2026-11-23 21:12:23+00', '2026-11-23 21:12:23+00'],
  ])('of one column is its text as Postgres prints it', (oid, text, objectID) => {
    const relation = relationOf({ id: oid });
    const [operation] = inserted(relation, [text]);
    expect(operation?.objectID).toBe(objectID);
    expect(operation?.body?.['objectID']).toBe(objectID);
  });

  test('of several columns is joined by colons, its parts encoded, so that no two keys share one', () => {
    const relation = relationOf({ id: INT8, kind: 25 });
    const table = { objectID: ['kind', 'id'] };
    expect(inserted(relation, ['7', 'a:b'], { table })[0]?.objectID).toBe('a%3Ab:7');
    expect(inserted(relation, ['7', '100%3A'], { table })[0]?.objectID).toBe('100%253A:7');
    expect(inserted(relation, ['7', ''], { table })[0]?.objectID).toBe(':7');
    expect(inserted(relation, ['7', ':'.repeat(500)], { table })[0]?.body?.['objectID']).toBe(
      `${'%3A'.repeat(500)}:7`,
    );
  });

  test('begins with the prefix, however long', () => {
    const prefix = 'é"'.repeat(200);
    const table = { objectIDPrefix: prefix };
    const [operation] = inserted(relationOf({ id: INT8 }), ['12'], { table });
    expect(operation?.objectID).toBe(`${prefix}12`);
    expect(operation?.body?.['objectID']).toBe(`${prefix}12`);
  });

  test('is never empty, nor made of NULL, nor of more than a record may hold', () => {
    const relation = relationOf({ id: 25, kind: 25 });
    expect(() => inserted(relation, [null, 'x'])).toThrow(RecordError);
    expect(() => inserted(relation, ['', 'x'])).toThrow(RecordError);
    expect(() => inserted(relation, ['x'.repeat(10_001), 'x'])).toThrow(RecordError);
    expect(() => inserted(relation, ['1', null], { table: { objectID: ['id', 'kind'] } })).toThrow(
      /"kind".* NULL.*0\/1776B48/,
    );
  });
});

describe('update and delete', () => {
  test('an update writes the new image in full', () => {
    const operations = updated(plain, undefined, tupleOf('1', 'new', null));
    expect(operations).toMatchObject([{ kind: 'update', body: { objectID: '1', note: 'new', data: null } }]);
  });

  test('a changed key is a delete of the old and a write of the new, in that order', () => {
    const old = tupleOf('1', null, null);
    const operations = updated(plain, ['key', old], tupleOf('2', 'moved', null));
    expect(operations.map(({ kind, objectID }) => [kind, objectID])).toEqual([
      ['delete', '1'],
      ['update', '2'],
    ]);
    expect(operations[0]?.text).toBe('{"action":"deleteObject","body":{"objectID":"1"}}');
    expect(operations[1]?.body?.['objectID']).toBe('2');
  });

  test('an old image with the same key deletes nothing', () => {
    const relation = {
      ...relationOf({ id: { typeOid: INT8, isKey: true }, note: { isKey: true } }),
      replicaIdentity: 'full' as const,
    };
    const operations = updated(relation, ['full', tupleOf('1', 'old')], tupleOf('1', 'new'));
    expect(operations).toMatchObject([{ kind: 'update', body: { objectID: '1', note: 'new' } }]);
  });

  test('a column that did not travel comes from a full old image', () => {
    const relation = {
      ...relationOf({ id: { typeOid: INT8, isKey: true }, note: { isKey: true } }),
      replicaIdentity: 'full' as const,
    };
    const operations = updated(relation, ['full', tupleOf('1', 'large "old" text')], tupleOf('1', UNCHANGED));
    expect(operations).toMatchObject([{ body: { objectID: '1', note: 'large "old" text' } }]);
  });

  test('without one it stops, naming the column and what mends it', () => {
    const old = ['key', tupleOf('1', null, null)] as const;
    for (const image of [undefined, [...old] as ['key', Tuple]]) {
      const error = thrown(() => updated(plain, image, tupleOf('1', UNCHANGED, null)));
      expect(error).toBeInstanceOf(RecordError);
      expect(error.message).toMatch(/public\.audit_log: column "note" did not travel.*0\/1776B48/);
      expect(error.remedy).toContain('REPLICA IDENTITY FULL');
    }
    const table = { attributes: { data: 'data' } };
    expect(updated(plain, undefined, tupleOf('1', UNCHANGED, null), { table })).toMatchObject([
      { objectID: '1' },
    ]);
  });

  test('a key that did not travel comes from the old key image', () => {
    const relation = relationOf({ id: 25, note: 25 });
    const operations = updated(relation, ['key', tupleOf('long key', null)], tupleOf(UNCHANGED, 'new'));
    expect(operations).toMatchObject([{ kind: 'update', objectID: 'long key', body: { note: 'new' } }]);
  });

  test('a delete needs the key alone', () => {
    const into: Step[] = [];
    const old = { kind: 'key' as const, tuple: tupleOf('1', null, null) };
    encoderOf(plain).delete({ tag: 'delete', relation: plain, old }, shared, into);
    expect(operationsOf(into)).toMatchObject([{ kind: 'delete', index: 'audit_log', objectID: '1' }]);
    expect(operationsOf(into)[0]?.text).toBe('{"action":"deleteObject","body":{"objectID":"1"}}');
  });

  test('an objectID outside the replica identity stops both, but not inserts', () => {
    const table = { objectID: ['id', 'note'] };
    const columns: ColumnText[] = ['1', 'n', null];
    expect(inserted(plain, columns, { table })[0]?.objectID).toBe('1:n');
    const error = thrown(() => updated(plain, undefined, tupleOf(...columns), { table }));
    expect(error).toBeInstanceOf(RecordError);
    expect(error.remedy).toContain('REPLICA IDENTITY');
    const old = { kind: 'key' as const, tuple: tupleOf('1', null, null) };
    expect(() =>
      encoderOf(plain, { table }).delete({ tag: 'delete', relation: plain, old }, shared, []),
    ).toThrow(RecordError);
  });
});

describe('size', () => {
  const relation = relationOf({ id: INT8, note: 25, other: 25 });
  const [small] = inserted(relation, ['1', '', 'secret'.repeat(9)]);
  const room = 10_000 - Buffer.byteLength(JSON.stringify(small?.body));

  test('a record may fill its limit to the byte', () => {
    expect(inserted(relation, ['1', 'x'.repeat(room), 'secret'.repeat(9)])).toHaveLength(1);
    const error = thrown(() => inserted(relation, ['1', 'x'.repeat(room + 1), 'secret'.repeat(9)]));
    expect(error).toBeInstanceOf(RecordError);
    expect(error.message).toContain(`"note" ${room + 1}, "other" 54, "id" 1`);
    expect(error.message).toContain('public.audit_log');
    expect(error.message).toContain('0/1776B48');
    expect(error.message).not.toMatch(/secret|xxx/);
  });

  test('bytes count, escapes included', () => {
    expect(() => inserted(relation, ['1', '"'.repeat(6_000), ''])).toThrow(RecordError);
    expect(() => inserted(relation, ['1', 'é'.repeat(6_000), ''])).toThrow(RecordError);
  });

  test('a column that cannot fit is not copied', () => {
    const slab = new Slab(256);
    const first = slab.bytes;
    for (const oid of [25, JSONB, 17]) {
      const large = relationOf({ id: INT8, note: oid });
      expect(() => inserted(large, ['1', '7'.repeat(5_000_000)], { slab })).toThrow(RecordError);
    }
    expect(slab.bytes).toBe(first);
  });

  test('text that shrinks is measured by what it becomes', () => {
    const bytes = relationOf({ id: INT8, note: 17 });
    expect(inserted(bytes, ['1', `\\x${'00'.repeat(7_000)}`])).toHaveLength(1);
    expect(() => inserted(bytes, ['1', `\\x${'00'.repeat(7_500)}`])).toThrow(RecordError);
  });
});

describe('a mapping that does not fit', () => {
  const problem = (columns: Record<string, number>, table: Partial<TableConfig> = {}) => {
    const error = thrown(() => encoderOf(relationOf(columns), { table }));
    expect(error).toBeInstanceOf(ConfigError);
    return `${error.message}\n${error.remedy}`;
  };

  test('columns that are not published', () => {
    expect(problem({ uid: INT8 })).toMatch(
      /public\.audit_log: objectID names the column "id".*published: uid/,
    );
    expect(problem({ id: INT8 }, { attributes: { a: 'gone', b: { column: 'lost' } } })).toMatch(
      /"gone".*"lost"/,
    );
  });

  test('an objectID column named twice', () => {
    expect(problem({ id: INT8 }, { objectID: ['id', 'id'] })).toMatch(/twice/);
  });

  test.each(['objectID', 'wal', 'source_table', '_tags', '__'])(
    'the reserved name %s, with a name to take instead',
    (name) => {
      const columns = { id: INT8, [name]: 25 };
      const message = problem(columns);
      expect(message).toContain(`"${name}" is a reserved name`);
      const [, free = ''] = /this one as "(.*)": /.exec(message) ?? [];
      expect(() => encoderOf(relationOf(columns), { table: { attributes: { [free]: name } } })).not.toThrow();
      expect(problem(columns, { attributes: { [name]: 'id' } })).toContain('rename it');
    },
  );

  test('a column beside the milliseconds of a timestamp', () => {
    const columns = { id: INT8, x: TIMESTAMPTZ, x_ms: INT8 };
    expect(problem(columns)).toMatch(/"x_ms" is both.*\n.*"x_ms_value": "x_ms"/);
    expect(problem(columns, { attributes: { y: 'x', y_ms: 'id' } })).toContain('"y_ms" is both');
    expect(() => encoderOf(relationOf({ id: INT8, x: 25, x_ms: INT8 }))).not.toThrow();
    const attributes = { x: { column: 'x', as: 'string' as const }, x_ms: 'x_ms' };
    expect(() => encoderOf(relationOf(columns), { table: { attributes } })).not.toThrow();
  });

  test('conversions that mean nothing', () => {
    expect(problem({ id: INT8, b: 16 }, { attributes: { b: { column: 'b', as: 'number' } } })).toMatch(
      /attribute "b".*number/,
    );
    const zoned = (timeZone: string) => ({ attributes: { t: { column: 't', timeZone } } });
    expect(problem({ id: INT8, t: 1114 }, zoned('Europe/Bielefeld'))).toContain('"Europe/Bielefeld"');
    expect(problem({ id: INT8, t: 25 }, zoned('Europe/Berlin'))).toContain('timeZone');
  });

  test('everything wrong with the names is said at once', () => {
    const message = problem({ id: INT8, wal: 25, _a: 25, x: 1114, x_ms: 25 });
    for (const name of ['wal', '_a', 'x_ms']) expect(message).toContain(`"${name}" is`);
  });

  test('a type that is not known is another error, and only where it is used', () => {
    const relation = relationOf({ id: INT8, new: 20_000 });
    expect(() => encoderOf(relation)).toThrow(UnknownTypeError);
    expect(() => encoderOf(relation, { table: { attributes: {} } })).not.toThrow();
  });
});

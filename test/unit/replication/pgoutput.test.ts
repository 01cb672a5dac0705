import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { COLUMN_NULL, COLUMN_UNCHANGED, type Tuple } from '../../../src/replication/messages.ts';
import { PgoutputDecoder } from '../../../src/replication/pgoutput.ts';
import { column, int32, int64, relationBytes, text, tupleBytes } from './pgoutput-bytes.ts';

const described = relationBytes({
  oid: 16_400,
  schema: 'public',
  name: 'audit_log',
  identity: 'd',
  columns: [column('id', 20, -1, true), column('note', 25, -1, false)],
});

function read(tuple: Tuple): (string | null | undefined)[] {
  const at = new Int32Array(2 * tuple.columnCount);
  tuple.locate(at);
  return Array.from({ length: tuple.columnCount }, (_, i) => {
    const start = at[2 * i] as number;
    if (start === COLUMN_NULL) return null;
    if (start === COLUMN_UNCHANGED) return undefined;
    return tuple.bytes.toString('utf8', start, at[2 * i + 1]);
  });
}

function decoder(): PgoutputDecoder {
  const ready = new PgoutputDecoder();
  ready.decode(described);
  return ready;
}

describe('each message', () => {
  test('Begin: commit LSN, time in microseconds since 1970, xid', () => {
    const bytes = Buffer.concat([text('B', false), int64(0x1_0000_0042n), int64(1n), int32(4_000_000_000)]);
    expect(new PgoutputDecoder().decode(bytes)).toEqual({
      tag: 'begin',
      commitLsn: 0x1_0000_0042n,
      committedAtMicros: 946_684_800_000_001n,
      xid: 4_000_000_000,
    });
  });

  test('Commit: the end LSN, not the commit LSN', () => {
    const bytes = Buffer.concat([text('C', false), Buffer.of(0), int64(0x100n), int64(0x130n), int64(5n)]);
    expect(new PgoutputDecoder().decode(bytes)).toEqual({
      tag: 'commit',
      endLsn: 0x130n,
      committedAtMicros: 946_684_800_000_005n,
    });
  });

  test('Relation: columns, key flags, modifiers, empty namespace as pg_catalog', () => {
    const bytes = relationBytes({
      oid: 1,
      schema: '',
      name: 'größe',
      identity: 'f',
      columns: [column('a b', 1700, 655_366, true), column('日本', 25, -1, false)],
    });
    expect(new PgoutputDecoder().decode(bytes)).toEqual({
      tag: 'relation',
      oid: 1,
      schema: 'pg_catalog',
      name: 'größe',
      replicaIdentity: 'full',
      columns: [
        { name: 'a b', typeOid: 1700, typeModifier: 655_366, isKey: true },
        { name: '日本', typeOid: 25, typeModifier: -1, isKey: false },
      ],
    });
  });

  test('Insert, with NULL, empty and non-ASCII text', () => {
    const bytes = Buffer.concat([text('I', false), int32(16_400), text('N', false), tupleBytes(['', null])]);
    const message = decoder().decode(bytes);
    expect(message.tag === 'insert' && [message.relation.name, read(message.new)]).toEqual([
      'audit_log',
      ['', null],
    ]);
    const other = Buffer.concat([text('I', false), int32(16_400), text('N', false), tupleBytes(['7', 'ä𝄞'])]);
    const second = decoder().decode(other);
    expect(second.tag === 'insert' && read(second.new)).toEqual(['7', 'ä𝄞']);
  });

  test.each(['K', 'O'])('Update with an old image %s', (mark) => {
    const bytes = Buffer.concat([
      text('U', false),
      int32(16_400),
      text(mark, false),
      tupleBytes(['1', null]),
      text('N', false),
      tupleBytes(['2', undefined]),
    ]);
    const message = decoder().decode(bytes);
    if (message.tag !== 'update' || message.old === undefined) throw new Error('an update with an old image');
    expect(message.old.kind).toBe(mark === 'K' ? 'key' : 'full');
    expect(read(message.old.tuple)).toEqual(['1', null]);
    expect(read(message.new)).toEqual(['2', undefined]);
  });

  test('Update without an old image, Delete, Truncate', () => {
    const ready = decoder();
    const update = ready.decode(
      Buffer.concat([text('U', false), int32(16_400), text('N', false), tupleBytes(['1', 'x'])]),
    );
    expect(update.tag === 'update' && [update.old, read(update.new)]).toEqual([undefined, ['1', 'x']]);
    const deleted = ready.decode(
      Buffer.concat([text('D', false), int32(16_400), text('K', false), tupleBytes(['1', null])]),
    );
    expect(deleted.tag === 'delete' && [deleted.old.kind, read(deleted.old.tuple)]).toEqual([
      'key',
      ['1', null],
    ]);
    const truncated = ready.decode(Buffer.concat([text('T', false), int32(1), Buffer.of(1), int32(16_400)]));
    expect(truncated.tag === 'truncate' && truncated.relations.map(({ name }) => name)).toEqual([
      'audit_log',
    ]);
  });

  test('Type, Origin, Message', () => {
    const ready = new PgoutputDecoder();
    expect(ready.decode(Buffer.concat([text('Y', false), int32(9), text('public'), text('mood')]))).toEqual({
      tag: 'type',
      oid: 9,
      schema: 'public',
      name: 'mood',
    });
    expect(ready.decode(Buffer.concat([text('O', false), int64(1n), text('elsewhere')]))).toEqual({
      tag: 'origin',
      name: 'elsewhere',
    });
    const content = Buffer.from([0, 1, 255]);
    expect(
      ready.decode(
        Buffer.concat([
          text('M', false),
          Buffer.of(1),
          int64(3n),
          text('prefix'),
          int32(content.length),
          content,
        ]),
      ),
    ).toEqual({ tag: 'message', transactional: true, lsn: 3n, prefix: 'prefix', content });
  });
});

describe('bytes that are no message', () => {
  test('an unknown tag, a change of an unknown relation and a wrong mark are protocol errors', () => {
    expect(() => decoder().decode(Buffer.from('S12345'))).toThrow(/unknown pgoutput message "S"/);
    const unknown = Buffer.concat([text('I', false), int32(1), text('N', false), tupleBytes(['1'])]);
    expect(() => decoder().decode(unknown)).toThrow(/relation 1, which was not described/);
    const marked = Buffer.concat([text('I', false), int32(16_400), text('X', false), tupleBytes(['1'])]);
    expect(() => decoder().decode(marked)).toThrow(ProtocolError);
  });

  test('every message cut short anywhere is a ProtocolError, never a wrong value', () => {
    const whole = [
      Buffer.concat([text('B', false), int64(1n), int64(1n), int32(1)]),
      Buffer.concat([text('C', false), Buffer.of(0), int64(1n), int64(2n), int64(1n)]),
      described,
      Buffer.concat([text('I', false), int32(16_400), text('N', false), tupleBytes(['12', 'note'])]),
      Buffer.concat([
        text('U', false),
        int32(16_400),
        text('O', false),
        tupleBytes(['1', 'x']),
        text('N', false),
        tupleBytes(['2', 'y']),
      ]),
      Buffer.concat([text('D', false), int32(16_400), text('K', false), tupleBytes(['1', null])]),
      Buffer.concat([text('T', false), int32(1), Buffer.of(1), int32(16_400)]),
      Buffer.concat([text('Y', false), int32(9), text('public'), text('mood')]),
      Buffer.concat([text('M', false), Buffer.of(1), int64(3n), text('prefix'), int32(2), Buffer.of(1, 2)]),
    ];
    let cuts = 0;
    for (const bytes of whole) {
      for (let length = 0; length < bytes.length; length++) {
        const cut = () => {
          const message = decoder().decode(bytes.subarray(0, length));
          if (message.tag === 'insert' || message.tag === 'update') read(message.new);
          if (message.tag === 'delete') read(message.old.tuple);
        };
        expect(cut, `${String.fromCharCode(bytes[0] as number)} cut at ${length}`).toThrow(ProtocolError);
        cuts += 1;
      }
    }
    expect(cuts).toBeGreaterThan(200);
  });

  test('random bytes throw nothing but a ProtocolError', () => {
    fc.assert(
      fc.property(fc.constantFrom(...'BCRIUDTYOM'), fc.uint8Array({ maxLength: 60 }), (tag, rest) => {
        try {
          const message = decoder().decode(Buffer.concat([Buffer.from(tag), rest]));
          if (message.tag === 'insert') read(message.new);
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      }),
      { numRuns: 2_000 },
    );
  });
});

test('any row comes out as it went in', () => {
  const value = fc.oneof(fc.string({ unit: 'binary' }), fc.constant(null), fc.constant(undefined));
  fc.assert(
    fc.property(fc.array(value, { maxLength: 40 }), (row) => {
      const bytes = Buffer.concat([text('I', false), int32(16_400), text('N', false), tupleBytes(row)]);
      const message = decoder().decode(bytes);
      expect(message.tag === 'insert' && read(message.new)).toEqual(row);
    }),
  );
});

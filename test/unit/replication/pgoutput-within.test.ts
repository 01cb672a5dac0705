import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { RowImage } from '../../../src/records/row-image.ts';
import type { Tuple, WalMessage } from '../../../src/replication/messages.ts';
import { PgoutputDecoder } from '../../../src/replication/pgoutput.ts';
import { column, int32, int64, relationBytes, text, tupleBytes } from './pgoutput-bytes.ts';

/** Messages as they lie in a socket read: between others, whose bytes must never become part of a row. */

const OID = 16_400;
const COLUMNS = 3;

type Row = readonly (string | null | undefined)[];

const relation = relationBytes({
  oid: OID,
  schema: 'public',
  name: 'audit_log',
  identity: 'f',
  columns: ['id', 'note', 'big'].map((name) => column(name, 25, -1, name === 'id')),
});

const change = (kind: string, ...images: readonly [mark: string, row: Row][]): Buffer =>
  Buffer.concat([
    text(kind, false),
    int32(OID),
    ...images.flatMap(([mark, row]) => [text(mark, false), tupleBytes(row)]),
  ]);

function decoder(): PgoutputDecoder {
  const ready = new PgoutputDecoder();
  ready.decode(relation);
  return ready;
}

function rowOf({ spans, bytes }: RowImage): Row {
  return Array.from({ length: COLUMNS }, (_, place) => {
    const start = spans[2 * place] as number;
    if (start < 0) return start === -1 ? null : undefined;
    return bytes.toString('utf8', start, spans[2 * place + 1]);
  });
}

function imageOf(tuple: Tuple): RowImage {
  const image = new RowImage(COLUMNS);
  image.read(tuple);
  return image;
}

function tuplesOf(message: WalMessage): Tuple[] {
  if (message.tag === 'insert') return [message.new];
  if (message.tag === 'delete') return [message.old.tuple];
  if (message.tag === 'update') return message.old ? [message.old.tuple, message.new] : [message.new];
  return [];
}

const plain = change('I', ['N', ['1', 'note', 'big']]);
const whole: Readonly<Record<string, Buffer>> = {
  Begin: Buffer.concat([text('B', false), int64(1n), int64(1n), int32(1)]),
  Commit: Buffer.concat([text('C', false), Buffer.of(0), int64(1n), int64(2n), int64(1n)]),
  Relation: relation,
  Insert: plain,
  'Insert without texts': change('I', ['N', [null, null, undefined]]),
  'Insert of empty texts': change('I', ['N', ['', '', '']]),
  Update: change('U', ['N', ['1', undefined, 'x'.repeat(300)]]),
  'Update with the old key': change('U', ['K', ['1', null, null]], ['N', ['2', 'NOTE', undefined]]),
  'Update with the whole old row': change('U', ['O', ['1', 'N', 'tN']], ['N', ['1', 'tttt', undefined]]),
  'Delete by key': change('D', ['K', ['1', null, null]]),
  'Delete of a whole row': change('D', ['O', ['1', 'note', 'nnn']]),
  Truncate: Buffer.concat([text('T', false), int32(2), Buffer.of(1), int32(OID), int32(OID)]),
  Type: Buffer.concat([text('Y', false), int32(9), text('public'), text('mood')]),
  Origin: Buffer.concat([text('O', false), int64(1n), text('elsewhere')]),
  Message: Buffer.concat([
    text('M', false),
    Buffer.of(1),
    int64(3n),
    text('prefix'),
    int32(3),
    text('abc', false),
  ]),
};

/** What may lie before and behind: nothing, texts that look like columns, a whole message. */
const around = [
  Buffer.alloc(0),
  Buffer.from('ttttnnnnuuuuNNNN'),
  Buffer.alloc(64),
  Buffer.alloc(64, 0xff),
  plain,
];

describe('each message', () => {
  test.each(Object.entries(whole))('%s reads the same wherever it lies', (_, bytes) => {
    const alone = decoder().decode(bytes);
    const rows = tuplesOf(alone).map((tuple) => rowOf(imageOf(tuple)));
    for (const before of around) {
      for (const behind of around) {
        const read = Buffer.concat([before, bytes, behind]);
        const message = decoder().decode(read, before.length, before.length + bytes.length);
        expect(tuplesOf(message).map((tuple) => rowOf(imageOf(tuple)))).toEqual(rows);
        if (rows.length === 0) expect(message).toEqual(alone);
      }
    }
  });

  test.each(Object.entries(whole))(
    '%s that ends too early is a ProtocolError, whatever follows',
    (_, bytes) => {
      for (const before of around) {
        for (let length = 0; length < bytes.length; length++) {
          // The first is what was cut off: with it the message would be whole.
          for (const behind of [bytes.subarray(length), ...around]) {
            const read = Buffer.concat([before, bytes.subarray(0, length), behind]);
            const decode = (): void => {
              const message = decoder().decode(read, before.length, before.length + length);
              for (const tuple of tuplesOf(message)) imageOf(tuple);
            };
            expect(decode, `cut at ${length} of ${bytes.length}`).toThrow(ProtocolError);
          }
        }
      }
    },
  );
});

const value = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({ minLength: 300, maxLength: 600 }),
  fc.constant(null),
  fc.constant(undefined),
);
const row = fc.array(value, { minLength: COLUMNS, maxLength: COLUMNS });
const bytesAround = fc.uint8Array({ maxLength: 40 });

describe('an update in the middle of a read', () => {
  test.each(['K', 'O'])(
    'gives both its images (%s), and what did not travel comes from the old one',
    (mark) => {
      fc.assert(
        fc.property(
          row,
          row,
          bytesAround,
          bytesAround,
          fc.integer({ max: COLUMNS }),
          (old, fresh, before, behind, carried) => {
            const bytes = change('U', [mark, old], ['N', fresh]);
            const read = Buffer.concat([before, bytes, behind]);
            const message = decoder().decode(read, before.length, before.length + bytes.length);
            if (message.tag !== 'update' || message.old === undefined)
              throw new Error('an update with an old image');
            expect(message.old.kind).toBe(mark === 'K' ? 'key' : 'full');
            const images = { old: imageOf(message.old.tuple), fresh: imageOf(message.new) };
            expect([rowOf(images.old), rowOf(images.fresh)]).toEqual([old, fresh]);
            images.fresh.fill(images.old, (place) => place < carried);
            expect(images.fresh.bytes).toBe(read);
            expect(rowOf(images.fresh)).toEqual(
              fresh.map((text, place) => (text === undefined && place < carried ? old[place] : text)),
            );
          },
        ),
      );
    },
  );

  test('read into images that held another row before', () => {
    const image = new RowImage(COLUMNS);
    fc.assert(
      fc.property(row, bytesAround, bytesAround, (fresh, before, behind) => {
        const bytes = change('I', ['N', fresh]);
        const read = Buffer.concat([before, bytes, behind]);
        const message = decoder().decode(read, before.length, before.length + bytes.length);
        image.read(tuplesOf(message)[0] as Tuple);
        expect(rowOf(image)).toEqual(fresh);
      }),
    );
  });
});

test('any bytes give a ProtocolError, or rows that lie between start and end', () => {
  const rest = fc.uint8Array({ maxLength: 80 }).map((bytes) => Buffer.from(bytes));
  // Mostly marks and small numbers, so that much of it is a tuple for a while.
  const likely = fc.array(fc.constantFrom(0, 0, 0, 1, 2, 3, 5, ...Buffer.from('NOKntu')), { maxLength: 60 });
  const tail = fc.oneof(
    rest,
    likely.map((bytes) => Buffer.from(bytes)),
  );
  fc.assert(
    fc.property(
      fc.constantFrom(...'IUD'),
      fc.constantFrom('N', 'O', 'K'),
      tail,
      bytesAround,
      fc.nat(90),
      (kind, mark, bytes, before, length) => {
        const start = before.length;
        const read = Buffer.concat([before, text(kind, false), int32(OID), text(mark, false), bytes]);
        const end = Math.min(start + length, read.length);
        try {
          for (const tuple of tuplesOf(decoder().decode(read, start, end))) {
            const spans = new Int32Array(2 * tuple.columnCount);
            tuple.locate(spans);
            for (let place = 0; place < spans.length; place += 2) {
              const [from, to] = [spans[place] as number, spans[place + 1] as number];
              if (from >= 0) expect(start < from && from <= to && to <= end).toBe(true);
            }
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
        }
      },
    ),
    { numRuns: 5_000 },
  );
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { CopyFrames } from '../../../src/replication/copy-frames.ts';
import { int32 } from './pgoutput-bytes.ts';

type Message = { readonly kind: string; readonly body: Buffer };

const wire = ({ kind, body }: Message): Buffer =>
  Buffer.concat([Buffer.from(kind), int32(4 + body.length), body]);

/** What came out, in order: the payload of each CopyData, and between them all other bytes as one text. */
type Part = { readonly copyData: string } | { other: string };

/** As a socket that has one buffer for all its reads: what was read is gone once `read` has returned. */
function partsOf(reads: readonly Buffer[]): Part[] {
  const parts: Part[] = [];
  const frames = new CopyFrames({
    onCopyData: (bytes, start, end) => parts.push({ copyData: bytes.toString('hex', start, end) }),
    onOther: (bytes) => {
      const last = parts.at(-1);
      if (last !== undefined && 'other' in last) last.other += bytes.toString('hex');
      else parts.push({ other: bytes.toString('hex') });
    },
  });
  for (const read of reads) {
    const chunk = Buffer.from(read);
    frames.read(chunk);
    chunk.fill('d');
  }
  return parts;
}

function expected(messages: readonly Message[]): Part[] {
  const parts: Part[] = [];
  for (const message of messages) {
    const last = parts.at(-1);
    if (message.kind === 'd') parts.push({ copyData: message.body.toString('hex') });
    else if (last !== undefined && 'other' in last) last.other += wire(message).toString('hex');
    else parts.push({ other: wire(message).toString('hex') });
  }
  return parts;
}

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...new Set(places.map((place) => place % (bytes.length + 1))), bytes.length].sort(
    (a, b) => a - b,
  );
  return ends.map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
}

const body = fc.oneof(
  fc.uint8Array({ maxLength: 12 }),
  fc.uint8Array({ minLength: 200, maxLength: 600 }),
  // What looks like headers inside of a message.
  fc.constantFrom('d\0\0\0\x04', 'd\0\0\0\x05d', 'd', '\0\0\0\x04').map((text) => Buffer.from(text)),
);
const message = fc.record({
  kind: fc.constantFrom('d', 'd', 'd', 'N', 'S', 'E', 'C', 'c', 'Z'),
  body: body.map((bytes) => Buffer.from(bytes)),
});
const messages = fc.array(message, { maxLength: 12 });

describe('what comes out is what was sent, in its order', () => {
  test('however it is cut into reads', () => {
    fc.assert(
      fc.property(messages, fc.array(fc.nat(), { maxLength: 30 }), (sent, places) => {
        const reads = cut(Buffer.concat(sent.map(wire)), places);
        expect(partsOf(reads)).toEqual(expected(sent));
      }),
      { numRuns: 1_000 },
    );
  });

  test.each([1, 2, 3, 4, 5, 6, 7])('in reads of %i bytes each', (readBytes) => {
    fc.assert(
      fc.property(messages, (sent) => {
        const bytes = Buffer.concat(sent.map(wire));
        const places = Array.from({ length: bytes.length / readBytes }, (_, index) => index * readBytes);
        expect(partsOf(cut(bytes, places))).toEqual(expected(sent));
      }),
    );
  });

  test('one cut at every place of a stream with each sort of neighbours', () => {
    const sent = ['dd', 'dN', 'Nd', 'NN'].flatMap((kinds) =>
      [...kinds].flatMap((kind) => [0, 1, 9].map((size) => ({ kind, body: Buffer.alloc(size, 'd') }))),
    );
    const bytes = Buffer.concat(sent.map(wire));
    for (let place = 0; place <= bytes.length; place++) {
      expect(partsOf(cut(bytes, [place])), `cut at ${place}`).toEqual(expected(sent));
    }
  });

  test('a CopyData of several megabytes, over many reads, between small ones', () => {
    const large = Buffer.alloc(3_000_001, 'abcdefg');
    const sent = [Buffer.from('first'), large, Buffer.alloc(0), large, Buffer.from('last')].map((bytes) => ({
      kind: 'd',
      body: bytes,
    }));
    const bytes = Buffer.concat(sent.map(wire));
    const places = Array.from({ length: bytes.length / 65_536 }, (_, index) => index * 65_536);
    expect(partsOf(cut(bytes, places))).toEqual(expected(sent));
  });
});

test('a CopyData that a read holds whole is not copied', () => {
  const chunk = Buffer.concat(['one', 'two'].map((text) => wire({ kind: 'd', body: Buffer.from(text) })));
  const seen: unknown[] = [];
  new CopyFrames({
    onCopyData: (bytes, start, end) => seen.push([bytes === chunk, start, end]),
    onOther: () => seen.push('other'),
  }).read(chunk);
  expect(seen).toEqual([
    [true, 5, 8],
    [true, 13, 16],
  ]);
});

test('what is complete is handed out before the read that brings it returns', () => {
  const seen: string[] = [];
  const frames = new CopyFrames({
    onCopyData: (bytes, start, end) => seen.push(bytes.toString('utf8', start, end)),
    onOther: (bytes) => seen.push(bytes.toString('latin1')),
  });
  const bytes = wire({ kind: 'd', body: Buffer.from('row') });
  for (let at = 0; at < bytes.length; at++) {
    expect(seen).toEqual([]);
    frames.read(bytes.subarray(at, at + 1));
  }
  expect(seen).toEqual(['row']);
  frames.read(Buffer.from('Z\0\0'));
  frames.read(Buffer.from('\0\x04'));
  expect(seen).toEqual(['row', 'Z\0\0\0\x04']);
});

describe('a length that no message has is a ProtocolError', () => {
  const lengths = [0, 1, 2, 3, 0x8000_0000, 0xffff_ffff];
  test.each(['d', 'N'].flatMap((kind) => lengths.map((length) => ({ kind, length }))))(
    '$kind of $length bytes, in one read, behind a message, and cut anywhere',
    ({ kind, length }) => {
      const header = Buffer.concat([Buffer.from(kind), int32(length)]);
      const before = wire({ kind: 'd', body: Buffer.from('row') });
      const bytes = Buffer.concat([before, header, before]);
      for (let place = 0; place < before.length + header.length; place++) {
        expect(() => partsOf(cut(bytes, [place])), `cut at ${place}`).toThrow(ProtocolError);
      }
    },
  );
});

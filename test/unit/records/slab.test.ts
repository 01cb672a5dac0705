import { expect, test } from 'vitest';
import { Constant, Slab } from '../../../src/records/slab.ts';

function record(slab: Slab): string {
  return slab.bytes.toString('utf8', slab.recordStart, slab.position);
}

test('records follow each other in one buffer, with the comma that a request has between them', () => {
  const slab = new Slab(16);
  slab.begin();
  slab.append(new Constant('one'));
  const { bytes } = slab;
  slab.begin();
  slab.append(new Constant('two'));
  expect(record(slab)).toBe('two');
  expect(slab.bytes).toBe(bytes);
  expect(bytes.toString('utf8', 0, slab.position)).toBe('one,two');
});

test('of a record that is taken back nothing is left', () => {
  const slab = new Slab(16);
  slab.begin();
  slab.append(new Constant('one'));
  slab.begin();
  slab.append(new Constant('wrong'));
  slab.takeBack();
  expect(slab.position).toBe(3);
  slab.begin();
  slab.append(new Constant('two'));
  expect(slab.bytes.toString('utf8', 0, slab.position)).toBe('one,two');
  slab.begin();
  slab.append(new Constant('outgrows the buffer'));
  slab.takeBack();
  expect(slab.position).toBe(0);
});

test('a record that outgrows its buffer moves whole, and the buffer is not written again', () => {
  const slab = new Slab(16);
  slab.begin();
  slab.append(new Constant('first record'));
  const first = { bytes: slab.bytes, start: slab.recordStart, end: slab.position };
  slab.begin();
  slab.append(new Constant('sec'));
  slab.appendRange(Buffer.from('<ond>'), 1, 4);
  slab.append(new Constant('!'));
  expect(record(slab)).toBe('second!');
  expect(slab.bytes).not.toBe(first.bytes);
  slab.begin();
  slab.append(new Constant('x'.repeat(16)));
  expect(first.bytes.toString('utf8', first.start, first.end)).toBe('first record');
});

test('a record larger than a buffer gets one of its own size', () => {
  const slab = new Slab(16);
  slab.begin();
  for (let part = 0; part < 100; part++) slab.append(new Constant(`part ${part},`));
  for (let part = 0; part < 10; part++) slab.appendRange(Buffer.alloc(200, 'y'), 50, 150);
  const text = Array.from({ length: 100 }, (_, part) => `part ${part},`).join('') + 'y'.repeat(1000);
  expect(record(slab)).toBe(text);
});

test('bytes land as they are, whichever way they are copied', () => {
  for (const length of [0, 1, 2, 3, 4, 5, 48, 49, 72, 73, 500]) {
    const source = Buffer.from(Array.from({ length }, (_, index) => (index * 7) % 256));
    const slab = new Slab(64);
    slab.begin();
    slab.append(new Constant(source));
    slab.appendRange(Buffer.concat([Buffer.from('ab'), source, Buffer.from('c')]), 2, length + 2);
    slab.appendByte(0xff);
    const written = slab.bytes.subarray(slab.recordStart, slab.position);
    expect(written).toEqual(Buffer.concat([source, source, Buffer.from([0xff])]));
  }
});

test('buffers older than the released one are written again, it and the later ones are not', () => {
  const slab = new Slab(16);
  const write = (text: string) => {
    slab.begin();
    slab.appendRange(Buffer.from(text), 0, text.length);
    return slab.bytes;
  };
  const first = write('first record');
  const second = write('second record');
  const third = write('third record');
  slab.release(second);
  expect(write('fourth record')).toBe(first);
  const fifth = write('fifth record');
  expect([first, second, third]).not.toContain(fifth);
  expect(second.toString('utf8', 0, 13)).toBe('second record');
  expect(third.toString('utf8', 0, 12)).toBe('third record');
  slab.release(slab.bytes);
  expect([first, second, third]).toContain(write('sixth record'));
});

test('constants of every length about that of words land whole, wherever the buffer ends', () => {
  const slabBytes = 128;
  for (let length = 0; length <= 80; length++) {
    const source = Buffer.from(Array.from({ length }, (_, index) => 255 - index));
    const constant = new Constant(source);
    for (let before = 0; before <= slabBytes; before++) {
      const slab = new Slab(slabBytes);
      // What words write behind a constant must neither reach what is there already nor stay.
      const start = Buffer.alloc(before, 'a');
      slab.begin();
      slab.appendRange(start, 0, before);
      slab.append(constant);
      slab.append(constant);
      slab.appendByte(0x7a);
      const written = slab.bytes.subarray(slab.recordStart, slab.position);
      const whole = Buffer.concat([start, source, source, Buffer.from('z')]);
      expect(written.equals(whole), `${length} bytes behind ${before}`).toBe(true);
    }
  }
});

test('a constant at the end of a full buffer does not touch the record before, nor what its owner still holds', () => {
  for (let length = 0; length <= 50; length++) {
    const slab = new Slab(64);
    slab.begin();
    slab.appendRange(Buffer.alloc(64 - length, 'r'), 0, 64 - length);
    const held = slab.bytes.subarray(slab.recordStart, slab.position);
    const before = Buffer.from(held);
    slab.begin();
    slab.append(new Constant('c'.repeat(length)));
    slab.takeBack();
    slab.append(new Constant('d'.repeat(length)));
    expect(held.equals(before), `${length} bytes`).toBe(true);
    expect(record(slab)).toBe('d'.repeat(length));
  }
});

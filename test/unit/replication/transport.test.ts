import { EventEmitter } from 'node:events';
import { expect, test } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { Transport } from '../../../src/replication/transport.ts';

function message(kind: string, ...content: readonly number[]): Buffer {
  const bytes = Buffer.from([kind.charCodeAt(0), 0, 0, 0, 0, ...content]);
  bytes.writeUInt32BE(4 + content.length, 1);
  return bytes;
}

const walData = message('d', 0x77, ...Array<number>(24).fill(0), 0x49);
const shortKeepalive = message('d', 0x6b, 1);

test('behind what is no message nothing counts, whatever the socket still holds', () => {
  const told: string[] = [];
  const parsed: Buffer[] = [];
  const destroyedBy: unknown[] = [];
  const transport = new Transport(
    {},
    {
      onMessage: () => told.push('message'),
      onKeepalive: () => told.push('keepalive'),
      onReadEnd: () => told.push('read'),
    },
  );
  const stream = Object.assign(new EventEmitter(), { destroy: (error: unknown) => destroyedBy.push(error) });
  const connection = {
    attachListeners: (to: EventEmitter) => void to.on('data', (bytes: Buffer) => parsed.push(bytes)),
  };
  Object.assign(transport, { _client: Object.assign(new EventEmitter(), { connection }) });
  connection.attachListeners(stream);

  stream.emit('data', Buffer.concat([walData, shortKeepalive, walData]));
  stream.emit('data', walData);
  stream.emit('data', message('N', 0));

  expect(told).toEqual(['message']);
  expect(parsed).toEqual([]);
  expect(destroyedBy).toEqual([expect.any(ProtocolError)]);
});

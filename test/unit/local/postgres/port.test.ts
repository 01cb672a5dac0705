import { expect, test } from 'vitest';
import { PreconditionError } from '../../../../src/errors.ts';
import { startOnPort } from '../../../../src/local/postgres/port.ts';
import { type Server, StartFailure } from '../../../../src/local/postgres/server.ts';

const TAKEN =
  'LOG:  could not bind IPv4 address "127.0.0.1": Address already in use\nFATAL:  could not create any TCP/IP sockets';
const BACKENDS = 'FATAL:  pre-existing shared memory block (key 1, ID 2) is still in use';
const server: Server = { pid: 1, exited: new Promise(() => undefined) };

/** A start that fails with these logs, one after the other, and then succeeds. */
function failing(...logs: string[]): { start: (port: number) => Promise<Server>; ports: number[] } {
  const ports: number[] = [];
  const start = async (port: number): Promise<Server> => {
    ports.push(port);
    const log = logs.shift();
    if (log !== undefined) throw new StartFailure('test', log);
    return server;
  };
  return { start, ports };
}

function countingFrom(first: number): () => Promise<number> {
  let next = first;
  return async () => next++;
}

test('a free port that was taken in the meantime is replaced by another', async () => {
  const { start, ports } = failing(TAKEN, TAKEN);
  expect(await startOnPort(0, start, countingFrom(5001))).toEqual({ server, port: 5003 });
  expect(ports).toEqual([5001, 5002, 5003]);
});

test('it gives up after ten ports', async () => {
  const { start, ports } = failing(...Array<string>(50).fill(TAKEN));
  await expect(startOnPort(0, start, countingFrom(1))).rejects.toBeInstanceOf(StartFailure);
  expect(ports).toHaveLength(10);
});

test('a given port that is taken is not replaced', async () => {
  const { start, ports } = failing(TAKEN);
  await expect(startOnPort(5432, start, countingFrom(1))).rejects.toBeInstanceOf(PreconditionError);
  expect(ports).toEqual([5432]);
});

test('backends of a killed predecessor are waited for', async () => {
  const { start, ports } = failing(BACKENDS, BACKENDS);
  expect(await startOnPort(5432, start, countingFrom(1))).toEqual({ server, port: 5432 });
  expect(ports).toHaveLength(3);
});

test('any other failure is passed on at once', async () => {
  const { start, ports } = failing('FATAL:  could not access file "x"');
  await expect(startOnPort(0, start, countingFrom(1))).rejects.toThrow('could not access file "x"');
  expect(ports).toHaveLength(1);
});

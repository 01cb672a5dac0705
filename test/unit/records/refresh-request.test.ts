import { expect, it } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { askedRefresh } from '../../../src/records/refresh-message.ts';
import { refreshRequests } from '../../../src/records/refresh-request.ts';

const { tables } = parseConfig({
  postgres: { url: 'postgres://somewhere/app' },
  algolia: { appId: 'app', apiKey: 'key' },
  tables: { 'public.t': { index: 't', objectID: ['a', 'b'], objectIDPrefix: 't-' } },
});
const config = tables['public.t'] as NonNullable<(typeof tables)[string]>;

it('asks for thousands of long keys in messages that are heeded, each key once and in its order', () => {
  const ids = Array.from({ length: 3_000 }, (_, at) => `t-${at}:${'ü"'.repeat(400)}`);
  const { messages, refused } = refreshRequests('public.t', ids, config, 10_000);
  expect(refused).toEqual([]);
  expect(messages.length).toBeGreaterThan(4);
  const asked = messages.map((text) => {
    const content = Buffer.from(text);
    expect(content.length).toBeLessThan(1_000_000);
    return askedRefresh({ tag: 'message', prefix: 'wal2algolia', content } as never, tables, 10_000);
  });
  expect(asked.flat()).toEqual(ids.map((objectID) => ({ table: 'public.t', objectID })));
});

it('leaves out what would make the whole message be ignored', () => {
  const impossible = ['', '1:2', 't-1', `t-1:${'x'.repeat(10_000)}`, 't-1:\0', 't-1:\ud83e'];
  const { messages, refused } = refreshRequests('public.t', ['t-1:2', ...impossible], config, 10_000);
  expect(refused).toEqual(impossible);
  expect(messages).toEqual(['{"refresh":{"table":"public.t","objectIDs":["t-1:2"]}}']);
  expect(refreshRequests('public.t', impossible, config, 10_000).messages).toEqual([]);
});

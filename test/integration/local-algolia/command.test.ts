import { expect, onTestFinished, test } from 'vitest';
import { runCli } from '../../../src/cli/program.ts';
import { EXIT } from '../../../src/errors.ts';
import { waitFor } from '../../support/wait-for.ts';
import { clientOf } from './served.ts';

/** `local algolia` in this process. */
function run(...flags: readonly string[]) {
  const stop = new AbortController();
  const written = { stdout: '', stderr: '' };
  const sink = (name: 'stdout' | 'stderr') => ({
    write: (text: string) => {
      written[name] += text;
    },
  });
  const io = { stdout: sink('stdout'), stderr: sink('stderr'), signal: stop.signal, environment: {} };
  const ended = runCli(['local', 'algolia', '--json', '--port', '0', ...flags], io);
  onTestFinished(async () => {
    stop.abort('SIGTERM');
    await ended;
  });
  return { written, ended, stop };
}

test('further keys and the kind of refusals are given as flags', async () => {
  const { written, ended, stop } = run(
    '--infrastructure',
    'new',
    '--key',
    'd3ploy==addObject,deleteObject@audit_*,logs',
    '--key',
    'reader=browse',
    '--record-bytes-max',
    '50',
  );
  const facts = await waitFor(() => written.stdout !== '' && JSON.parse(written.stdout), {
    description: 'the server to say where it is',
  });
  const port = Number(new URL(facts.url).port);
  const admin = clientOf(port, facts.appId, facts.adminKey);
  expect(await admin.getApiKey({ key: 'd3ploy=' })).toMatchObject({
    acl: ['addObject', 'deleteObject'],
    indexes: ['audit_*', 'logs'],
  });
  expect(await admin.getApiKey({ key: 'reader' })).toEqual({
    value: 'reader',
    acl: ['browse'],
    description: '',
    validity: 0,
    createdAt: 0,
  });
  const writer = clientOf(port, facts.appId, 'd3ploy=');
  await writer.saveObject({ indexName: 'logs', body: { objectID: 'a' } });
  const big = { objectID: 'b', text: 'x'.repeat(50) };
  const refusal = await fetch(`${facts.url}/1/indexes/logs/b`, {
    method: 'PUT',
    headers: { 'x-algolia-application-id': facts.appId, 'x-algolia-api-key': facts.adminKey },
    body: JSON.stringify(big),
  });
  expect(await refusal.json()).toEqual({ message: expect.stringContaining('is too big'), status: 400 });
  stop.abort('SIGTERM');
  expect(await ended).toBe(EXIT.done);
});

test.each([['hunter2'], ['hunter2=everything'], ['hunter2=search,'], ['=search']])(
  '--key %s is refused without being repeated',
  async (key) => {
    const { written, ended } = run('--key', 'fine=search', '--key', key);
    expect(await ended).toBe(EXIT.configuration);
    expect(written.stderr).toContain('--key 2 is not VALUE=RIGHT');
    expect(written.stderr + written.stdout).not.toContain('hunter2');
  },
);

test('another kind of infrastructure is wrong usage', async () => {
  const { ended } = run('--infrastructure', 'newer');
  expect(await ended).toBe(EXIT.usage);
});

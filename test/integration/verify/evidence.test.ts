import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { type EvidenceWindow, rootOf } from '../../../src/verify/evidence-statement.ts';
import { evidenceWindow } from '../../../src/verify/evidence-windows.ts';
import { lineConfig } from '../../support/line.ts';
import { type EvidenceCase, evidenceCase, MAPPED, shell } from './evidence-case.ts';
import { evidenceSql } from './evidence-sql.ts';
import { intruder, TABLES, verified } from './verify-case.ts';

type Statement = {
  readonly windows: readonly { readonly hash: string; readonly count: number }[];
  readonly root: string;
};

/** Hashes of windows and the root, in SQL for the leaves and in a shell for the rest. `mapped` says what is hashed of each row. */
async function recomputed(
  { database: { client }, directory }: EvidenceCase,
  text: string,
  { mapped = MAPPED, sort = 'sort' } = {},
) {
  await client.query(
    await evidenceSql().then((sql) => sql.replaceAll('CREATE FUNCTION', 'CREATE OR REPLACE FUNCTION')),
  );
  const { rows: windows } = await client.query<{ leaves: string; line: string }>(
    `WITH leaf AS MATERIALIZED (SELECT pg_temp.leaf(object_id, mapped) AS leaf, occurred_at_ms AS ms FROM (${mapped}) mapped),
          window_of AS (SELECT place, each, (each->>'from')::numeric AS from_ms, (each->>'to')::numeric AS to_ms,
                               coalesce((each->'outside')::boolean, false) AS outside
                        FROM jsonb_array_elements($1::jsonb->'windows') WITH ORDINALITY listed(each, place)),
          by AS (SELECT $1::jsonb->>'windowsBy' AS by)
     SELECT pg_temp.canonical(each) AS line, coalesce((SELECT string_agg(leaf, E'\\n') FROM leaf, by WHERE CASE
         WHEN by IS NULL THEN true WHEN outside THEN ms IS NULL
         ELSE ms IS NOT NULL AND ms >= coalesce(from_ms, ms) AND (to_ms IS NULL OR ms < to_ms) END), '') AS leaves
     FROM window_of ORDER BY place`,
    [text],
  );
  const hashes: string[] = [];
  for (const { leaves } of windows) {
    await writeFile(join(directory, 'leaves'), leaves === '' ? '' : `${leaves}\n`);
    hashes.push(shell(`LC_ALL=C ${sort} leaves | sha256sum | cut -c1-64`, directory));
  }
  await writeFile(join(directory, 'windows'), windows.map(({ line }) => `${line}\n`).join(''));
  return { hashes, root: shell('sha256sum windows | cut -c1-64', directory) };
}

const hasOpenssl = spawnSync('openssl', ['version']).status === 0;

test('evidence is recomputed in SQL and a shell, and its signature checked by openssl', async () => {
  await using evidence = await evidenceCase();
  const made = await evidence.verify(['--evidence', 'evidence']);
  expect(made).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^evidence: evidence, signed, for public\.t$/m),
  });
  const text = await readFile(join(evidence.directory, 'evidence'), 'utf8');
  const { windows, root }: Statement = JSON.parse(text);
  expect(windows.reduce((sum, { count }) => sum + count, 0)).toBe(307);
  const hashes = windows.map(({ hash }) => hash);
  expect(await recomputed(evidence, text)).toEqual({ hashes, root });

  // Each of these would be another hash, so agreeing is no accident.
  for (const other of [
    MAPPED.replace(`'attempts', attempts, `, ''),
    MAPPED.replace('SS.US', 'SS.MS'),
    MAPPED.replace(`'amount', amount`, `'amount', amount::text`),
    MAPPED.replace('id::text AS object_id', `id || ' ' AS object_id`),
  ]) {
    expect(other).not.toBe(MAPPED);
    expect((await recomputed(evidence, text, { mapped: other })).hashes).not.toEqual(hashes);
  }
  expect((await recomputed(evidence, text, { sort: 'sort -r' })).hashes).not.toEqual(hashes);

  if (!hasOpenssl) return;
  const signed = `head -n 1 evidence | sed 's/,"signature":"[^"]*"}$/}/' | tr -d '\\n' > signed
    head -n 1 evidence | sed 's/.*,"signature":"\\([^"]*\\)"}$/\\1/' | base64 -d > signature`;
  const check = 'openssl pkeyutl -verify -pubin -inkey public.pem -rawin -in signed -sigfile signature';
  expect(shell(`${signed}\n${check}`, evidence.directory)).toMatch(/Verified Successfully/);
  expect(() => shell(`printf x >> signed; ${check}`, evidence.directory)).toThrow();
});

test('each of many windows is recomputed, also that of rows without a time', async () => {
  await using evidence = await evidenceCase();
  const { database, server } = evidence;
  const windows: EvidenceWindow[] = [];
  const { windowsBy, rows } = await verified(database, lineConfig(database, server, { tables: TABLES }), {
    limits: { rowsPerWindow: 50 },
    onWindow: (window) => windows.push(evidenceWindow(window)),
  });
  expect({ windowsBy, rows }).toEqual({ windowsBy: 'occurred_at_ms', rows: 307 });
  expect(windows.length).toBeGreaterThan(6);
  expect(windows.at(-1)).toMatchObject({ outside: true, count: 1 });
  expect(await recomputed(evidence, JSON.stringify({ windowsBy, windows }))).toEqual({
    hashes: windows.map(({ hash }) => hash),
    root: rootOf(windows),
  });

  expect(
    (await evidence.verify(['--evidence', 'part', '--from', '2024-01-02', '--to', '2026-01-01'])).code,
  ).toBe(0);
  const part = await readFile(join(evidence.directory, 'part'), 'utf8');
  const scoped: Statement & { readonly scope: unknown } = JSON.parse(part);
  expect(scoped.scope).toEqual({ by: 'time', from: 1704153600000, to: 1767225600000 });
  const hashes = scoped.windows.map(({ hash }) => hash);
  expect(await recomputed(evidence, part)).toEqual({ hashes, root: scoped.root });
});

test('a statement is checked without a configuration, and is what was signed or is not', async () => {
  await using evidence = await evidenceCase();
  const { directory, verify } = evidence;
  expect((await verify(['--evidence', 'evidence'])).code).toBe(0);
  const without = {};
  const trusted = await verify(['--check', 'evidence', '--public-key', 'public.pem', '--json'], without);
  expect(trusted).toMatchObject({ code: 0, stderr: '' });
  expect(JSON.parse(trusted.stdout)).toEqual([
    expect.objectContaining({ table: 'public.t', index: 't', holds: true, problems: [], knowsSigner: true }),
  ]);
  const whole = await verify(['--check', 'evidence'], without);
  expect(whole).toMatchObject({ code: 0, stdout: expect.stringMatching(/holds[\s\S]*not who signed it/) });

  const text = await readFile(join(directory, 'evidence'), 'utf8');
  await writeFile(join(directory, 'changed'), text.replace('"rows":307', '"rows":308'));
  expect(await verify(['--check', 'changed', '--public-key', 'public.pem'], without)).toMatchObject({
    code: 65,
    stdout: expect.stringMatching(/does not hold: the signature is not that of what it says/),
  });
  const other = generateKeyPairSync('ed25519').publicKey.export({ type: 'spki', format: 'pem' });
  await writeFile(join(directory, 'other.pem'), other);
  expect((await verify(['--check', 'evidence', '--public-key', 'other.pem'], without)).code).toBe(65);
  await writeFile(join(directory, 'two'), text + text);
  expect((await verify(['--check', 'two', '--public-key', 'public.pem'], without)).code).toBe(0);
  await writeFile(join(directory, 'cut'), text + text.slice(0, 100));
  for (const args of [
    ['--check', 'cut'],
    ['--check', 'nothing'],
    ['--check', 'evidence', '--public-key', 'evidence'],
    ['--check', 'evidence', '--evidence', 'evidence'],
    ['--check', 'evidence', '--from', '2026-01-01'],
    ['--public-key', 'public.pem'],
    ['--force'],
  ]) {
    expect(await verify(args, without), args.join(' ')).toMatchObject({ code: 64 });
  }
});

test('nothing is written where they differ, where there is something, and without a key', async () => {
  await using evidence = await evidenceCase();
  const { directory, verify, server } = evidence;
  const files = async (): Promise<string[]> =>
    (await readdir(directory)).filter((name) => name.startsWith('out'));
  const key = join(directory, 'key.pem');

  expect(await verify(['--evidence', 'out'], {})).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(
      /WAL2ALGOLIA_EVIDENCE_KEY: missing[\s\S]*openssl genpkey -algorithm ed25519/,
    ),
  });
  const planted = (await readFile(key, 'utf8')).replace('PRIVATE', 'PUBLIC');
  const wrong = await verify(['--evidence', 'out'], { WAL2ALGOLIA_EVIDENCE_KEY: planted });
  expect(wrong).toMatchObject({
    code: 78,
    stderr: expect.stringMatching(/expected an Ed25519 private key in PEM/),
  });
  expect(wrong.stderr + wrong.stdout).not.toContain(planted.split('\n')[1]);
  expect((await verify(['--evidence', 'no/such/directory'])).code).toBe(64);

  using index = intruder(server);
  await index.alter('100', { actor: 'somebody else' });
  const differing = await verify(['--evidence', 'out']);
  expect(differing).toMatchObject({ code: 65, stderr: expect.stringMatching(/no evidence is written/) });
  expect(await files()).toEqual([]);

  expect((await verify(['--evidence', 'out', '--repair'])).code).toBe(0);
  const first = await readFile(join(directory, 'out'), 'utf8');
  expect(await verify(['--evidence', 'out'])).toMatchObject({
    code: 64,
    stderr: expect.stringMatching(/out: the file is there already[\s\S]*--force/),
  });
  expect(await readFile(join(directory, 'out'), 'utf8')).toBe(first);
  expect((await verify(['--evidence', 'out', '--force'])).code).toBe(0);
  const second = await readFile(join(directory, 'out'), 'utf8');
  expect(JSON.parse(second).root).toBe(JSON.parse(first).root);
  expect(second).not.toBe(first);
  expect(await files()).toEqual(['out']);
});

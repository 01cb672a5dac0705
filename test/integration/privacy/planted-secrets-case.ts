import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { drained, startIndex } from '../../support/line.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { listeningUrl, startProgram } from '../../support/program.ts';
import { pseudonymOf } from '../../support/pseudonym.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { foundTexts } from '../../support/text-forms.ts';
import { waitFor } from '../../support/wait-for.ts';
import { AFTER, BEFORE, CONTROL, configText, SECRETS } from './planted-table.ts';

export type Search = {
  /** What was seen, by where. */
  readonly places: ReadonlyMap<string, Buffer>;
  readonly records: readonly Readonly<Record<string, unknown>>[];
  readonly reasons: readonly string[];
};

const LARGE = 'f'.repeat(20_000);

/** Streams rows with the secrets, has them updated, read again, refused and retried, and gathers all that can be seen of it. */
export async function search(database: TestDatabase, plugin: 'pgoutput' | 'wal2json'): Promise<Search> {
  const { client, slot, publication } = database;
  const places = new Map<string, Buffer>();
  const see = (place: string, text: string): void => void places.set(place, Buffer.from(text));
  await using directory = await scratchDirectory();
  const role = `planted_${slot}`;
  await using _role = await createRole(database, role);
  await client.query(`CREATE TABLE users (id text PRIMARY KEY, name text, mail text);
    CREATE TABLE log (id bigint PRIMARY KEY, at timestamptz NOT NULL DEFAULT now(), note text, control text,
      actor text, target text, dropped text, unlisted text, data jsonb, before jsonb, after jsonb);
    ALTER TABLE log ALTER before SET STORAGE EXTERNAL, ALTER after SET STORAGE EXTERNAL, ALTER data SET STORAGE EXTERNAL;
    CREATE TABLE bare (code text UNIQUE, control text, actor text, dropped text);
    ALTER TABLE bare REPLICA IDENTITY FULL`);
  await client.query('INSERT INTO users VALUES ($1, $2, $3)', [
    SECRETS.lookupKey,
    'Nobody',
    SECRETS.lookupColumn,
  ]);
  const dataDir = join(directory.path, 'algolia');
  const server = await startIndex({ adminKey: SECRETS.apiKey, dataDir });
  await using _server = server;
  server.faults.add({ kind: 'poison', text: 'poison', names: 'message' });
  const url = new URL(database.url);
  url.username = role;
  url.password = encodeURIComponent(SECRETS.password);
  const file = join(directory.path, 'wal2algolia.config.mjs');
  await writeFile(join(directory.path, 'key'), `${SECRETS.pseudonymKey}\n`);
  await writeFile(file, `export default ${configText(slot, publication, plugin)};\n`);
  const env = {
    DATABASE_URL: url.href,
    ALGOLIA_APP_ID: server.appId,
    ALGOLIA_API_KEY: server.adminKey,
    ALGOLIA_SEARCH_KEY: server.searchKey,
    ALGOLIA_HOSTS: server.url,
    WAL2ALGOLIA_HTTP_PORT: '0',
    LOG_LEVEL: 'trace',
  };
  const start = (args: readonly string[], more: Record<string, string> = {}, config = file) =>
    startProgram([...args, '--config', config], { env: { ...env, ...more }, cwd: directory.path });
  const command = async (
    args: readonly string[],
    ...more: [Record<string, string>?, string?]
  ): Promise<number | null> => {
    await using program = start(args, ...more);
    const { code } = await program.ended;
    see(`${args.join(' ')} ${places.size}`, program.stdout() + program.stderr());
    expect([0, 1, 64, 69, 75, 76, 77, 78], program.stderr()).toContain(code);
    return code;
  };
  expect(await command(['setup']), String(places.get('setup 0'))).toBe(0);
  await using run = start(['run']);
  const address = await listeningUrl(run);

  const insert = (id: number, { note = 'n', by = SECRETS.by as unknown } = {}) =>
    client.query(`INSERT INTO log VALUES ($1, now(), $2, $3, $4, $5, $6, $7, $8, $9, $10)`, [
      ...[id, note, CONTROL, SECRETS.actor, SECRETS.lookupKey, SECRETS.dropped, SECRETS.unlisted],
      ...[{ by }, BEFORE, AFTER].map((document) => JSON.stringify(document)),
    ]);
  await insert(1);
  await insert(2);
  await client.query(`UPDATE log SET note = 'read again' WHERE id = 2`);
  await client.query(`UPDATE log SET actor = $1, dropped = $1, after = NULL WHERE id = 1`, [SECRETS.actor]);
  await client.query('INSERT INTO bare VALUES (NULL, $1, $2, $3)', [CONTROL, SECRETS.actor, SECRETS.dropped]);
  await insert(4, { note: 'poison' });
  await insert(5, { note: LARGE });
  await insert(6, { by: { id: SECRETS.deep } });
  await insert(7, { note: 'throw' });
  await drained(database);
  const letters = await waitFor(
    async () => {
      const { rows } = await client.query('SELECT * FROM wal2algolia.dead_letter ORDER BY id');
      return rows.length < 5 ? undefined : rows;
    },
    { description: 'five dead letters' },
  );
  see('table of dead letters', JSON.stringify(letters));
  for (const path of ['healthz', 'readyz', 'status', 'metrics'])
    see(path, await (await fetch(`${address}/${path}`)).text());
  for (const args of [
    ['status', '--json'],
    ['status'],
    ['dead-letters', 'list'],
    ...letters.map(({ id }) => ['dead-letters', 'show', String(id)]),
  ])
    await command(args);
  server.faults.clear('poison');
  expect(await command(['dead-letters', 'retry', '--all'])).toBe(0);
  await waitFor(() => server.record('log', '4'), { description: 'the row that was refused' });
  await drained(database);
  for (const format of ['--csv', '--json'])
    expect(await command(['report', 'window', '--index', 'log', format, '2020-01-01', '2100-01-01'])).toBe(0);
  see(
    'rest of the letters',
    JSON.stringify((await client.query('SELECT * FROM wal2algolia.dead_letter')).rows),
  );

  const nowhere = new URL(url);
  nowhere.port = '1';
  const broken = join(directory.path, 'broken.json');
  await writeFile(
    broken,
    `{"postgres": {"url": "${url.href}"}, "algolia": {"apiKey": ${JSON.stringify(SECRETS.apiKey)} "x"}}`,
  );
  // Of the first ones `run` would wait for what is not there.
  const unreachable: Record<string, string>[] = [
    { DATABASE_URL: nowhere.href },
    { ALGOLIA_HOSTS: `http://user:${encodeURIComponent(SECRETS.password)}@127.0.0.1:1` },
    { ALGOLIA_API_KEY: `${SECRETS.apiKey}x` },
  ];
  for (const each of unreachable) {
    expect(await command(['setup'], each)).not.toBe(0);
    for (const args of [['status'], ['dead-letters', 'list']]) await command(args, each);
  }
  const wrong: [Record<string, string>, string?][] = [
    [{ DATABASE_URL: url.href.replace(/:\d+\//, ':port/') }],
    [{ DATABASE_URL: SECRETS.password }],
    [{ DATABASE_URL: `${SECRETS.password} ${url.href}` }],
    [{ WAL2ALGOLIA_PSEUDONYM_KEY: SECRETS.pseudonymKey }],
    [{}, broken],
  ];
  for (const each of wrong)
    for (const args of [['run'], ['setup'], ['status'], ['dead-letters', 'list'], ['identities', 'export']])
      expect(await command(args, ...each), args.join(' ')).not.toBe(0);
  run.kill('SIGTERM');
  expect(await run.ended, run.stderr()).toMatchObject({ code: 0 });
  see('log of run', run.stdout() + run.stderr());
  const records = [1, 2, 4].map((id) => JSON.parse(server.record('log', String(id)) ?? '{}'));
  await server.close();
  for (const entry of await readdir(dataDir, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const path = join(entry.parentPath, entry.name);
    places.set(`file ${path.slice(dataDir.length)}`, await readFile(path));
  }
  return { places, records, reasons: letters.map(({ reason }) => String(reason)) };
}

/** A superuser who is known by the secret. Disposing drops it, with what it has made. */
async function createRole({ client }: TestDatabase, name: string): Promise<AsyncDisposable> {
  await client.query(`CREATE ROLE ${name} SUPERUSER LOGIN PASSWORD '${SECRETS.password}'`);
  return {
    [Symbol.asyncDispose]: async () => {
      await client.query(`DROP OWNED BY ${name} CASCADE; DROP ROLE ${name}`);
    },
  };
}

/** Nothing of the secrets in any place; the control in those that show rows, so that there was something to find. */
export function expectNoSecrets({ places, records, reasons }: Search): void {
  expect(foundTexts(SECRETS, places)).toEqual([]);
  const controls = foundTexts({ control: CONTROL }, places).join('\n');
  for (const place of [
    'file ',
    'table of dead letters',
    'dead-letters show',
    'report window --index log --csv',
    'report window --index log --json',
  ])
    expect(controls).toContain(`control in ${place}`);
  expect(reasons.toSorted()).toEqual([
    'no-object-id',
    'refused',
    'too-large',
    'transform-failed',
    'unreadable-value',
  ]);
  const pseudonym = (text: string) => pseudonymOf(SECRETS.pseudonymKey, 'user', text);
  const owner = pseudonym(SECRETS.owner);
  const seen = {
    actor_id: pseudonym(SECRETS.actor),
    by: pseudonym(SECRETS.by),
    target: 'Nobody',
    control: CONTROL,
  };
  const changes = [
    { path: 'password', op: 'changed', hidden: true },
    { path: 'owner_id', op: 'changed', before: pseudonym('1'), after: owner },
    { path: 'status', op: 'changed', before: 'old', after: 'new' },
    { path: 'members[]', op: 'added', after: pseudonym(SECRETS.member) },
    { path: 'profile.password', op: 'added', hidden: true },
    { path: 'profile.owner_id', op: 'added', hidden: true },
    { path: 'profile.city', op: 'added', after: 'seen' },
    { path: 'list[]', op: 'added', after: { password: '(hidden)', n: 1, owner_id: owner } },
  ];
  const [first, second, retried] = records;
  expect(first).toMatchObject(seen);
  expect(second).toMatchObject({ ...seen, note: 'read again' });
  expect(retried).toMatchObject({ ...seen, note: 'poison' });
  for (const record of [second, retried]) {
    const found = record?.['changes'] as readonly { readonly path: string }[];
    expect(found).toHaveLength(changes.length);
    expect(found).toEqual(expect.arrayContaining(changes));
  }
}

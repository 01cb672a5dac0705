import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { type LocalPostgres, startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { startIndex } from '../../support/line.ts';
import { connect, createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { listeningUrl, startProgram } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';

let database: TestDatabase;
let replica: LocalPostgres;
let server: AlgoliaServer & AsyncDisposable;
let directory: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'wal2algolia-test-'));
  database = await createDatabase();
  await createAuditLog(database);
  server = await startIndex({ keys: [{ value: 'reader-key', acl: ['search'], description: '' }] });
  replica = await startPostgres({ durable: false, settings: { wal_level: 'replica' } });
});

afterAll(async () => {
  await replica?.stop();
  await server?.[Symbol.asyncDispose]();
  await database?.[Symbol.asyncDispose]();
  await rm(directory, { recursive: true, force: true });
});

function environment(more: Record<string, string> = {}): Record<string, string> {
  return {
    DATABASE_URL: database.url,
    ALGOLIA_APP_ID: server.appId,
    ALGOLIA_API_KEY: server.adminKey,
    ALGOLIA_HOSTS: server.url,
    WAL2ALGOLIA_SLOT: database.slot,
    WAL2ALGOLIA_PUBLICATION: database.publication,
    WAL2ALGOLIA_HTTP_PORT: '0',
    LOG_LEVEL: 'silent',
    ...more,
  };
}

function withPassword(password: string): string {
  const url = new URL(database.url);
  url.password = password;
  return url.href;
}

type Refusal = {
  env?: () => Record<string, string>;
  prepare?: () => Promise<unknown>;
  undo?: () => Promise<unknown>;
  says: RegExp;
};

async function badConfig(): Promise<Record<string, string>> {
  const file = join(directory, 'bad.json');
  await writeFile(
    file,
    JSON.stringify({ batch: { recordMax: 'many' }, replication: { slot: 'Not A Slot' } }),
  );
  return { WAL2ALGOLIA_CONFIG: file };
}

let fileEnvironment: Record<string, string> = {};
const other = (name: string) => `${database.slot}_${name}`;

const refusals: Record<string, Refusal> = {
  'a wrong password': {
    env: () => ({ DATABASE_URL: withPassword('not-the-password') }),
    says: /password authentication failed/,
  },
  'a missing database': {
    env: () => ({ DATABASE_URL: database.url.replace(database.name, 'no_such_database') }),
    says: /database "no_such_database" does not exist/,
  },
  'a missing publication': {
    env: () => ({ WAL2ALGOLIA_PUBLICATION: 'nope' }),
    says: /publication "nope" does not exist/,
  },
  'wal_level=replica': { env: () => ({ DATABASE_URL: replica.url }), says: /wal_level is replica/ },
  'a slot of another plugin': {
    prepare: () =>
      database.client.query(`SELECT pg_create_logical_replication_slot($1, 'test_decoding')`, [
        other('plugin'),
      ]),
    env: () => ({ WAL2ALGOLIA_SLOT: other('plugin') }),
    says: /uses the plugin test_decoding, not pgoutput/,
  },
  'a slot of another database': {
    prepare: async () => {
      const elsewhere = await createDatabase();
      await elsewhere.client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [
        other('elsewhere'),
      ]);
      elsewheres.push(elsewhere);
    },
    env: () => ({ WAL2ALGOLIA_SLOT: other('elsewhere') }),
    undo: async () => {
      for (const each of elsewheres.splice(0)) await each[Symbol.asyncDispose]();
    },
    says: /belongs to database "wal2algolia_test_/,
  },
  'a key that is none': {
    env: () => ({ ALGOLIA_API_KEY: 'not-a-key' }),
    says: /no such key of it \(ALGOLIA_APP_ID, ALGOLIA_API_KEY\): Invalid Application-ID or API key[\s\S]*mistyped/,
  },
  'a key that may only search': {
    env: () => ({ ALGOLIA_API_KEY: 'reader-key' }),
    says: /lacks the right addObject/,
  },
  'a bad configuration': {
    prepare: async () => {
      fileEnvironment = await badConfig();
    },
    env: () => {
      const { WAL2ALGOLIA_SLOT: _slot, ...rest } = environment(fileEnvironment);
      return { ...rest, WAL2ALGOLIA_SLOT: '' };
    },
    says: /recordMax[\s\S]*replication\.slot|replication\.slot[\s\S]*recordMax/,
  },
  'a column that the mapping names and the table lacks': {
    prepare: async () => {
      const file = join(directory, 'mapping.json');
      const tables = { 'public.audit_log': { index: 'a', objectID: ['id'], attributes: { who: 'actor' } } };
      await writeFile(file, JSON.stringify({ tables }));
      fileEnvironment = { WAL2ALGOLIA_CONFIG: file };
    },
    env: () => fileEnvironment,
    says: /actor/,
  },
  "synchronous_standby_names='*'": {
    prepare: async () => setStandbyNames("'*'"),
    undo: async () => setStandbyNames("''"),
    says: /synchronous_standby_names matches/,
    env: () => ({ DATABASE_URL: own?.url ?? '' }),
  },
};
const elsewheres: TestDatabase[] = [];

/** A cluster of its own: with this setting the commits of everybody else would wait. */
let own: LocalPostgres | undefined;
async function setStandbyNames(names: string): Promise<void> {
  if (names === "''") {
    await own?.stop();
    return;
  }
  own = await startPostgres({ durable: false });
  const client = await connect(own.url);
  await client.query(`ALTER SYSTEM SET synchronous_standby_names = ${names}`);
  await client.query('SELECT pg_reload_conf()');
  await waitFor(
    async () =>
      (await client.query('SHOW synchronous_standby_names')).rows[0].synchronous_standby_names === '*',
    {
      description: 'the setting to be read',
    },
  );
  await client.end();
}

test.each(Object.entries(refusals))(
  '%s: one clear message with the remedy, exit 78',
  async (_name, { env, prepare, undo, says }) => {
    await prepare?.();
    try {
      const more = env?.() ?? {};
      await using program = startProgram(['run'], { env: environment(more) });
      expect(await program.ended).toEqual({ code: 78, signal: null });
      const text = program.stderr() + program.stdout();
      expect(text).toMatch(says);
      expect(text.match(/^error: /gm)).toHaveLength(1);
      expect(text).toMatch(/remedy|expected/);
      expect(text).not.toMatch(/^\s+at /m);
      for (const secret of [
        new URL(database.url).password,
        server.adminKey,
        'not-the-password',
        'not-a-key',
        'reader-key',
      ]) {
        expect(text).not.toContain(secret);
      }
    } finally {
      await undo?.();
    }
  },
);

test.each([
  ['Postgres', () => ({ DATABASE_URL: 'postgres://someone:some-secret@127.0.0.1:1/app' }), /ECONNREFUSED/],
  ['Algolia', () => ({ ALGOLIA_HOSTS: 'http://127.0.0.1:1' }), /Algolia|answer|reach/i],
])('%s out of reach: it waits, /readyz says why, and SIGTERM ends it with 0', async (_name, env, why) => {
  await using program = startProgram(['run'], { env: environment({ ...env(), LOG_LEVEL: 'info' }) });
  const url = await listeningUrl(program);
  const reason = await waitFor(
    async () => {
      const answer = await fetch(`${url}/readyz`);
      const text = await answer.text();
      return answer.status === 503 && text.includes('waiting') && text;
    },
    { description: 'readyz to say that it waits' },
  );
  expect(reason).toMatch(why);
  expect(reason).not.toContain('some-secret');
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  program.kill('SIGTERM');
  expect(await program.ended).toEqual({ code: 0, signal: null });
});

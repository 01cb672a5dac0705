import type pg from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { setUpDatabase } from '../../../src/database/setup/setup.ts';
import { type LocalPostgres, startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { connect } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';
import { runSetup, setUp } from './setup-command.ts';

/** A cluster of its own: prepared transactions have to be allowed at the start, and a new slot waits for those of every database. */
let postgres: LocalPostgres;
let client: pg.Client;
let number = 0;

beforeAll(async () => {
  postgres = await startPostgres({ durable: false, settings: { max_prepared_transactions: '5' } });
  client = await connect(postgres.url);
  await client.query('CREATE TABLE t (id int PRIMARY KEY, v int); CREATE TABLE other (id int)');
  await client.query('CREATE DATABASE elsewhere');
});

afterAll(async () => {
  await client?.end();
  await postgres?.stop();
});

const INDEX = { 'public.t': { index: 't' } };

function newCase() {
  number += 1;
  const names = { slot: `slot_${number}`, publication: `publication_${number}` };
  return { database: { url: postgres.url, ...names }, tables: INDEX };
}

async function slots(name: string): Promise<unknown> {
  return (await client.query('SELECT active FROM pg_replication_slots WHERE slot_name = $1', [name])).rows;
}

test('a forgotten prepared transaction in another database and a session here are both named with what ends them, and setup then works', async () => {
  const setupCase = newCase();
  const elsewhere = await connect(postgres.url.replace(/postgres$/, 'elsewhere'));
  const holder = await connect(postgres.url);
  try {
    await elsewhere.query(
      `CREATE TABLE t (id int); BEGIN; INSERT INTO t VALUES (1); PREPARE TRANSACTION 'it''s forgotten'`,
    );
    await holder.query(`SET application_name = 'idle'; BEGIN; INSERT INTO other VALUES (1)`);
    const held = await runSetup(setupCase);
    expect(held.code).toBe(78);
    expect(held.stderr).toContain(
      `prepared transaction 'it''s forgotten' (postgres, database elsewhere), since `,
    );
    const remedy = /ROLLBACK PREPARED '[^;]*?' (?=\(in database elsewhere\))/.exec(held.stderr)?.[0];
    expect(remedy).toBe(`ROLLBACK PREPARED 'it''s forgotten' `);
    expect(await slots(setupCase.database.slot)).toEqual([]);
    await elsewhere.query(remedy ?? '');
    expect(held.stderr).toMatch(/process \d+ \(postgres, idle, database postgres\)/);
    await client.query(/SELECT pg_terminate_backend\(\d+\)/.exec(held.stderr)?.[0] ?? '');
    expect((await setUp(setupCase)).statements).toEqual([
      expect.stringContaining('pg_create_logical_replication_slot'),
    ]);
    expect(await slots(setupCase.database.slot)).toEqual([{ active: false }]);
    expect((await setUp(setupCase)).statements).toEqual([]);
  } finally {
    await holder.end();
    await elsewhere.end();
  }
});

type Holder = {
  readonly hold: string;
  readonly release: string;
  readonly says: RegExp;
};

const holders: Readonly<Record<string, Holder>> = {
  'a session that is idle in a transaction that wrote': {
    hold: `SET application_name = 'forgotten'; BEGIN; INSERT INTO other VALUES (1)`,
    release: 'ROLLBACK',
    says: /process \d+ \(postgres, forgotten, database postgres\), idle in transaction since .*\n {2}remedy: .*SELECT pg_terminate_backend\(\d+\)/,
  },
  'a lock on the table of a transaction that wrote nothing': {
    hold: `SET application_name = 'migration'; BEGIN; LOCK TABLE t IN SHARE MODE`,
    release: 'ROLLBACK',
    says: /gave up at: CREATE PUBLICATION .*process \d+ \(postgres, migration, database postgres\), idle in transaction/,
  },
  'a lock on the table of a prepared transaction': {
    hold: `BEGIN; LOCK TABLE t IN SHARE MODE; PREPARE TRANSACTION 'locks'`,
    release: `ROLLBACK PREPARED 'locks'`,
    says: /gave up at: CREATE PUBLICATION .*prepared transaction 'locks' .*ROLLBACK PREPARED 'locks'/s,
  },
  'another setup': {
    hold: `SET application_name = 'wal2algolia setup'; SELECT pg_advisory_lock(hashtextextended('wal2algolia setup', 0))`,
    release: 'SELECT pg_advisory_unlock_all()',
    says: /gave up at: waiting for another setup. It is held up by process \d+ \(postgres, wal2algolia setup, database postgres\), idle/,
  },
};

test.each(Object.entries(holders))(
  '%s is named, nothing half-made is in the way of the next setup',
  async (_name, { hold, release, says }) => {
    const setupCase = newCase();
    const holder = await connect(postgres.url);
    try {
      const { rows } = await holder.query('SELECT pg_backend_pid() AS pid');
      await holder.query(hold);
      const held = await runSetup(setupCase);
      expect(held.code).toBe(78);
      expect(held.stderr).toMatch(says);
      if (held.stderr.includes('pg_terminate_backend'))
        expect(held.stderr).toContain(`SELECT pg_terminate_backend(${rows[0]?.pid})`);
      expect(await slots(setupCase.database.slot)).toEqual([]);
      await holder.query(release);
      await setUp(setupCase);
      expect((await setUp(setupCase)).statements).toEqual([]);
      expect(await slots(setupCase.database.slot)).toEqual([{ active: false }]);
    } finally {
      await holder.end();
    }
  },
);

test('two setups at once take turns', async () => {
  const { database } = newCase();
  const options = {
    slot: database.slot,
    publications: [database.publication],
    plugin: 'pgoutput',
    tables: new Map([['public.t', { objectID: ['id'], columns: undefined }]]),
    runRole: undefined,
  };
  const holder = await connect(postgres.url);
  try {
    await holder.query('BEGIN; LOCK TABLE t IN SHARE MODE');
    const both = Promise.all([1, 2].map(() => setUpDatabase(postgres.url, 'turns', options, false)));
    both.catch(() => undefined);
    await waitFor(
      async () => {
        const { rows } = await client.query<{ all: boolean }>(
          `SELECT count(*) = 2 AS all FROM pg_stat_activity WHERE application_name = 'turns' AND wait_event_type = 'Lock'`,
        );
        return rows[0]?.all;
      },
      { description: 'both to wait' },
    );
    await holder.query('ROLLBACK');
    const reports = await both;
    expect(reports.map(({ statements }) => statements.length).sort()).toEqual([0, 2]);
  } finally {
    await holder.end();
  }
});

test('an owner without the rights of a superuser is told who holds it up as well', async () => {
  const setupCase = newCase();
  await client.query(`CREATE ROLE owner LOGIN REPLICATION PASSWORD 'owns'; GRANT CREATE ON DATABASE postgres TO owner;
    DROP SCHEMA IF EXISTS wal2algolia CASCADE;
    CREATE TABLE owned (id int PRIMARY KEY); ALTER TABLE owned OWNER TO owner`);
  const url = new URL(postgres.url);
  url.username = 'owner';
  url.password = 'owns';
  const holder = await connect(postgres.url);
  try {
    await holder.query(`SET application_name = 'forgotten'; BEGIN; INSERT INTO other VALUES (1)`);
    const held = await runSetup({
      database: { ...setupCase.database, url: url.href },
      tables: { 'public.owned': { index: 'owned' } },
    });
    expect(held.code).toBe(78);
    expect(held.stderr).toMatch(/process \d+ \(postgres, forgotten, database postgres\), in a transaction\n/);
  } finally {
    await holder.end();
  }
});

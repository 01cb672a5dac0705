import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { type LocalPostgres, startPostgres } from '../../../src/local/postgres/start-postgres.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { startIndex } from '../../support/line.ts';
import { connect } from '../../support/postgres.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { waitFor } from '../../support/wait-for.ts';

/** A cluster of its own, since roles belong to a whole cluster. */
let postgres: LocalPostgres;
let server: AlgoliaServer & AsyncDisposable;

beforeAll(async () => {
  postgres = await startPostgres({ durable: false });
  server = await startIndex();
  const client = await connect(postgres.url);
  for (const file of ['audit-log.sql', 'role.sql'])
    await client.query(await readFile(`postgres/${file}`, 'utf8'));
  await client.query(`ALTER ROLE wal2algolia PASSWORD 'for this test'`);
  await client.end();
});

afterAll(async () => {
  await server?.[Symbol.asyncDispose]();
  await postgres?.stop();
});

function environment(more: Record<string, string> = {}): Record<string, string> {
  const url = new URL(postgres.url);
  url.username = 'wal2algolia';
  url.password = 'for this test';
  return {
    DATABASE_URL: url.href,
    WAL2ALGOLIA_SETUP_DATABASE_URL: postgres.url,
    ALGOLIA_APP_ID: server.appId,
    ALGOLIA_API_KEY: server.adminKey,
    ALGOLIA_HOSTS: server.url,
    WAL2ALGOLIA_HTTP_PORT: '0',
    ...more,
  };
}

async function finished(
  args: readonly string[],
  more: Record<string, string> = {},
): Promise<Program & { code: number | null }> {
  await using program = startProgram(args, { env: environment(more) });
  const { code } = await program.ended;
  return { ...program, code };
}

test('a dry run says what is missing and changes nothing; setup does it; a second one has nothing to do', async () => {
  const client = await connect(postgres.url);
  try {
    const slots = async () => (await client.query('SELECT slot_name FROM pg_replication_slots')).rows;
    const dry = await finished(['setup', '--dry-run', '--json']);
    expect(dry.code, dry.stderr()).toBe(0);
    const { statements } = JSON.parse(dry.stdout()) as { statements: string[] };
    expect(statements[0]).toMatch(
      /^CREATE PUBLICATION "wal2algolia" FOR TABLE "public"."audit_log" \("id", "occurred_at", /,
    );
    expect(statements.at(-1)).toMatch(/pg_create_logical_replication_slot\('wal2algolia', 'pgoutput'\)/);
    expect(await slots()).toEqual([]);

    const done = await finished(['setup']);
    expect(done.code, done.stderr()).toBe(0);
    expect(await slots()).toEqual([{ slot_name: 'wal2algolia' }]);
    const again = await finished(['setup', '--json']);
    expect(JSON.parse(again.stdout())).toMatchObject({ statements: [] });
  } finally {
    await client.end();
  }
});

test('the least-privileged role runs it, status tells the slot, a column added later is not published unasked', async () => {
  const client = await connect(postgres.url);
  try {
    await using program = startProgram(['run'], { env: environment() });
    await client.query('ALTER TABLE audit_log ADD secret text');
    await client.query(
      `INSERT INTO audit_log (action, secret) SELECT 'report.viewed', 'not for auditors' FROM generate_series(1, 20)`,
    );
    const expected = expectedAuditLog().replace('to_jsonb(t)', `to_jsonb(t) - 'secret'`);
    await waitFor(
      async () => {
        expectEqual(await compareIndex(client, server, 'audit_log', expected), 20);
        return true;
      },
      { description: 'index and table to be equal' },
    );
    const status = await waitFor(
      async () => {
        const told = await finished(['status', '--json']);
        expect(told.code, told.stderr()).toBe(0);
        const facts = JSON.parse(told.stdout());
        return facts.slot.lagBytes === 0 && facts;
      },
      { description: 'the slot to be confirmed up to the end' },
    );
    expect(status).toMatchObject({ state: 'streaming', slot: { name: 'wal2algolia', active: true } });
    program.kill('SIGTERM');
    expect(await program.ended, program.stderr()).toEqual({ code: 0, signal: null });
    expect(program.stderr()).not.toContain('not for auditors');
    await client.query('ALTER TABLE audit_log DROP secret');
  } finally {
    await client.end();
  }
});

test('commands that do not wait say that a server is out of reach, with 69', async () => {
  const unreachable = 'postgres://somebody:some-secret@127.0.0.1:1/app';
  for (const command of ['setup', 'status']) {
    const ended = await finished([command], {
      DATABASE_URL: unreachable,
      WAL2ALGOLIA_SETUP_DATABASE_URL: unreachable,
    });
    expect(ended.code, command).toBe(69);
    expect(ended.stderr()).toMatch(/^error: .*ECONNREFUSED/m);
    expect(ended.stderr()).not.toMatch(/some-secret|^\s+at /m);
  }
});

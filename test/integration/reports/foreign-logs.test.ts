import { expect, test } from 'vitest';
import { drained, startIndex } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { FOREIGN, makePseudonyms, programIn } from '../init/foreign-case.ts';

const EVENTS = 50_000;
/** Of those logs whose events hold documents: as many pages of results, more or less, at a third of the work. */
const DOCUMENTS = 15_000;

/** For that many in one transaction, on a machine that has other things to do. */
const DRAINED_MS = 200_000;

/** So many events of each log, of the same kinds as the few that `init` is tested with. */
const MANY: Readonly<Record<string, (rows: string) => string>> = {
  'app.audit_log': (rows) => rows.replace('generate_series(1, 500)', `generate_series(1, ${EVENTS})`),
  'public.AuditEvent': (rows) => {
    const columns = `"actorId", "actorEmail", "organizationId", "eventType", "operation", "entityType", "entityId", "oldValues", "newValues", "ipAddress"`;
    return `${rows};
      INSERT INTO "AuditEvent" ("createdAt", ${columns})
      SELECT "createdAt" + g * interval '3.001 s', ${columns} FROM "AuditEvent", generate_series(1, ${Math.floor(DOCUMENTS / 3)}) g`;
  },
  'audit.events': (rows) =>
    rows
      .replace('generate_series(1, 40)', `generate_series(1, ${DOCUMENTS})`)
      .replace("interval '1 h 0.000001 s'", "interval '2.000001 s'"),
};

type Questions = {
  readonly record: readonly [string, string];
  readonly actor: string;
  readonly window: readonly [string, string];
};

/** In the words of the database: who has the keys asks for a person by the original id. */
const ASKED: Readonly<Record<string, Questions>> = {
  'app.audit_log': {
    record: ['content_item', '1777'],
    actor: '12',
    window: ['2022-06-20T12:00:00Z', '2022-06-27T09:30:00.5Z'],
  },
  'public.AuditEvent': {
    record: ['report', '33333333-3333-4333-8333-333333333333'],
    actor: '11111111-1111-4111-8111-111111111111',
    window: ['2026-07-01T12:00:00.123+02:00', '2026-07-01T20:00:00Z'],
  },
  'audit.events': {
    record: ['users', 'p1'],
    actor: 'p2',
    window: ['2025-12-31T12:00:02.000001Z', '2026-01-01T00:00:00Z'],
  },
};

/** How a report differs from the records that the rows must have become, whole and exactly. */
async function differences({ client }: TestDatabase, report: string, expected: string, condition: string) {
  const { rows } = await client.query<{ rows: number; differing: number }>(
    `WITH expected AS (SELECT object_id, record FROM (${expected}) every WHERE ${condition}),
     reported AS (SELECT event->>'objectID' AS object_id, event - 'wal' AS record FROM jsonb_array_elements($1::jsonb->'events') event)
     SELECT (SELECT count(*)::int FROM expected) AS rows,
            (SELECT count(*)::int FROM expected e FULL JOIN reported r USING (object_id) WHERE e.record IS DISTINCT FROM r.record)
            + (SELECT count(*) - count(DISTINCT object_id) FROM reported)::int AS differing`,
    [report],
  );
  return rows[0];
}

test.each(FOREIGN)(
  '$name: init, setup, run, and three reports of tens of thousands of events as SQL has them',
  async (foreign) => {
    await using database = await createDatabase();
    await using server = await startIndex();
    await using directory = await scratchDirectory();
    const { client, name } = database;
    await client.query(foreign.sql);
    await client.query(`ALTER DATABASE ${name} SET timezone = 'Europe/Berlin'`);
    const { start, finished } = programIn(directory.path, database, server);
    await finished('init');
    await finished('setup');
    await using program = start('run');
    const { rows: tables } = await client.query<{ name: string }>(
      `SELECT schemaname || '.' || tablename AS name FROM pg_publication_tables WHERE pubname = '${database.publication}' AND schemaname <> 'wal2algolia'`,
    );
    const table = tables[0]?.name ?? '';
    const many = MANY[table];
    const asked = ASKED[table];
    if (many === undefined || asked === undefined) throw new Error(`nothing is asked of ${table}`);
    await client.query(many(foreign.rows));
    await drained(database, DRAINED_MS);
    await client.query('SET TimeZone = UTC');
    await makePseudonyms(database, foreign.people);

    const within = (since: string, until: string): string =>
      `(record->>'occurred_at')::timestamptz >= '${since}' AND (record->>'occurred_at')::timestamptz < '${until}'`;
    const madeOf = `(SELECT pseudonym FROM made WHERE kind = 'user' AND original = '${asked.actor}')`;
    const [type, id] = asked.record;
    const target = `coalesce((SELECT pseudonym FROM made WHERE kind = '${type}' AND original = '${id}'), '${id}')`;
    const compared = [
      {
        args: ['record', type, id],
        where: `record->>'target_type' = '${type}' AND record->>'target_id' = ${target}`,
      },
      { args: ['actor', asked.actor], where: `record->>'actor_id' = ${madeOf}` },
      { args: ['window', ...asked.window], where: within(...asked.window) },
      { args: ['window', '2000-01-01', '2100-01-01'], where: 'true' },
    ];
    for (const { args, where } of compared) {
      const [kind = '', ...rest] = args;
      const text = await finished('report', kind, '--json', ...rest);
      const found = await differences(database, text, foreign.expected, where);
      expect(found, args.join(' ')).toEqual({
        rows: expect.toSatisfy((rows: number) => rows > 50),
        differing: 0,
      });
    }
    program.kill('SIGTERM');
    expect(await program.ended, program.stderr()).toEqual({ code: 0, signal: null });
  },
);

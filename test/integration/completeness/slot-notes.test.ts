import { expect, test } from 'vitest';
import { planOwnTable } from '../../../src/database/own-tables/own-table-plan.ts';
import { SLOT_PROGRESS } from '../../../src/database/own-tables/slot-progress-plan.ts';
import { startOwnCluster } from '../../chaos/own-cluster.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

const TABLES = { 'public.audit_log': { index: 'audit_log' } };
const NOTE = `SELECT slot_name, confirmed_lsn <= pg_current_wal_flush_lsn() AS "isWritten",
  confirmed_at <= $1::timestamptz AS "isBefore", confirmed_at > $1::timestamptz - interval '1 minute' AS "isFresh",
  system_id = (SELECT system_identifier::text FROM pg_control_system()) AS "isOfThisSystem", timeline FROM wal2algolia.slot_progress
  WHERE confirmed_at > '-infinity'`;

test('when the slot was confirmed how far is noted, and no later than when an open transaction began', async () => {
  // Of its own, since a new slot of another test would have to wait for the open transaction.
  await using database = await startOwnCluster();
  const { client } = database;
  await createAuditLog(database);
  for (const sql of await planOwnTable(client, SLOT_PROGRESS, 'postgres')) await client.query(sql);
  await using server = await startIndex();
  const other = await connect(database.url);
  try {
    await other.query('BEGIN');
    const { rows } = await other.query<{ began: string }>('SELECT now()::text AS began');
    await other.query(`INSERT INTO audit_log (action) VALUES ('not.yet')`);
    await client.query(`INSERT INTO audit_log (action) VALUES ('first.row')`);
    await using _line = startLine(lineConfig(database, server, { tables: TABLES }));
    await drained(database);
    const noted = await waitFor(
      async () => {
        const found = await client.query(NOTE, [rows[0]?.began]);
        return found.rows.length > 0 ? found.rows : undefined;
      },
      { description: 'the note' },
    );
    expect(noted).toEqual([
      {
        slot_name: database.slot,
        isWritten: true,
        isBefore: true,
        isFresh: true,
        isOfThisSystem: true,
        timeline: 1,
      },
    ]);
  } finally {
    await other.end();
  }
});

test('where it cannot be noted that is told once, and the line goes on', async () => {
  await using database = await createDatabase();
  await createAuditLog(database);
  await using server = await startIndex();
  const log: string[] = [];
  await using _line = startLine(lineConfig(database, server, { tables: TABLES }), {
    onLog: (text) => log.push(text),
  });
  const told = () => log.filter((text) => text.includes('how far the slot has come is not noted'));
  await waitFor(() => told().length > 0, { description: 'it to be told' });
  expect(told()[0]).toMatch(/slot_progress is not there, .*wal2algolia setup/);
  await database.client.query(`INSERT INTO audit_log (action) VALUES ('second.row')`);
  await drained(database);
  expect(server.record('audit_log', '1')).toBeDefined();
  expect(told()).toHaveLength(1);
});

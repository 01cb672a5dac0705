import { expect, test } from 'vitest';
import { GapError } from '../../../src/errors.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { startTcpProxy } from '../../support/tcp-proxy.ts';
import { waitFor } from '../../support/wait-for.ts';

test('a publication that is dropped while the start is still checking the key is a gap', async () => {
  await using database = await createDatabase();
  const { client, publication } = database;
  await createAuditLog(database);
  await using server = await startIndex();
  let isAsked = false;
  await using proxy = await startTcpProxy(server.url, {
    clientFilter: () => (bytes) => {
      isAsked ||= bytes.includes('GET /1/keys/');
      return bytes;
    },
  });
  proxy.become({ isFrozen: true });
  await using line = startLine(lineConfig(database, server, { algolia: { hosts: [proxy.url] } }));
  await waitFor(() => isAsked, { description: 'the key to be asked about' });
  await client.query(`DROP PUBLICATION "${publication}"`);
  await client.query(`INSERT INTO audit_log (action) VALUES ('never.sent')`);
  proxy.mend();
  const outcome = await Promise.race([
    line.ended.then(
      () => 'ended',
      (error: unknown) => error,
    ),
    drained(database).then(() => 'confirmed as if nothing was missing'),
  ]);
  expect(outcome).toMatchObject({ exitCode: expect.any(Number) });
});

test('a publication that is dropped and made anew between two sessions is a gap', async () => {
  await using database = await createDatabase();
  const { client, publication, slot } = database;
  await createAuditLog(database);
  await using server = await startIndex();
  await using line = startLine(lineConfig(database, server));
  await client.query(`INSERT INTO audit_log (action) VALUES ('first.sent')`);
  await drained(database);
  await client.query('BEGIN');
  await client.query(`DROP PUBLICATION "${publication}"`);
  await client.query('COMMIT');
  await client.query(`INSERT INTO audit_log (action) VALUES ('never.sent')`);
  await client.query(
    `CREATE PUBLICATION "${publication}" FOR TABLE audit_log WITH (publish = 'insert, update, delete')`,
  );
  await client.query(
    `SELECT pg_terminate_backend(active_pid) FROM pg_replication_slots WHERE slot_name = $1`,
    [slot],
  );
  const before = line.status().slot.confirmedLsn;
  const outcome = await Promise.race([
    line.ended.catch((error: unknown) => error),
    (async () => {
      await waitFor(() => line.status().state !== 'streaming', { description: 'the first session to end' });
      await client.query(`INSERT INTO audit_log (action) VALUES ('second.sent')`);
      await waitFor(() => line.status().records.written === 2, {
        description: 'the row of the second session',
      });
      return `goes on from ${before} as if nothing was missing`;
    })(),
  ]);
  expect(outcome).toBeInstanceOf(GapError);
});

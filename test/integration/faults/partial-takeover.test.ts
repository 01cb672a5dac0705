import { once } from 'node:events';
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import { expect, test } from 'vitest';
import { parseLsn } from '../../../src/lsn.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { compareIndex, expectEqual, expectedAuditLog } from '../../support/index-comparison.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

/** Stands before Postgres and, when told, swallows what the client says: the server's words still arrive. */
async function startMute(targetPort: number) {
  const pairs = new Set<Socket>();
  let mute = false;
  let open = true;
  const server = createServer((client) => {
    if (!open) {
      client.destroy();
      return;
    }
    const target = connectSocket(targetPort, '127.0.0.1');
    client.on('data', (bytes) => void (mute || target.write(bytes)));
    target.on('data', (bytes) => void client.write(bytes));
    for (const [from, to] of [
      [client, target],
      [target, client],
    ] as const) {
      pairs.add(from);
      from.on('error', () => undefined);
      from.on('close', () => to.destroy());
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    mute: (on: boolean) => {
      mute = on;
    },
    accept: (on: boolean) => {
      open = on;
    },
    cut: () => {
      for (const socket of pairs) socket.resetAndDestroy();
    },
    [Symbol.asyncDispose]: async () => {
      for (const socket of pairs) socket.destroy();
      server.close();
    },
  };
}

test('a holder whose last confirmation was lost, and a standby that ended half way through the redelivery', async () => {
  await using database = await createDatabase();
  const { client } = database;
  await createAuditLog(database);
  await using server = await startIndex();
  const address = new URL(database.url);
  await using proxy = await startMute(Number(address.port));
  address.port = String(proxy.port);
  const first = { ...lineConfig(database, server), postgres: { url: address.href } };
  await using holder = startLine(first);
  await waitFor(() => holder.status().state === 'streaming', { description: 'the holder to stream' });
  await client.query(
    `INSERT INTO audit_log (id, action, target_id) OVERRIDING SYSTEM VALUE VALUES (1, 'a.b', 'one')`,
  );
  await drained(database);
  // The holder confirms two versions of the row, and nobody hears it.
  proxy.mute(true);
  await client.query(`UPDATE audit_log SET target_id = 'two' WHERE id = 1`);
  await client.query(`UPDATE audit_log SET target_id = 'three' WHERE id = 1`);
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  const end = parseLsn(rows[0]?.lsn ?? '');
  await waitFor(() => parseLsn(holder.status().slot.confirmedLsn ?? '0/0') >= end, {
    description: 'the holder to confirm both',
  });
  proxy.mute(false);
  proxy.accept(false);
  proxy.cut();
  // A standby takes over, redelivers the older version and ends there.
  server.faults.add({ kind: 'refuse', status: 403, path: '/batch', skip: 1, times: 1_000 });
  {
    const config = { ...lineConfig(database, server), batch: { recordsMax: 1 }, shutdownMs: 1 };
    await using standby = startLine(config);
    await waitFor(() => standby.status().error?.code === 'INDEX_REFUSED', { description: 'the refusal' });
  }
  server.faults.clear();
  expect(server.record('audit_log', '1')).toContain('two');
  proxy.accept(true);
  await drained(database);
  expectEqual(await compareIndex(client, server, 'audit_log', expectedAuditLog()));
});

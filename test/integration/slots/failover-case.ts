import { expect } from 'vitest';
import { type OwnCluster, startOwnCluster } from '../../chaos/own-cluster.ts';
import { type Standby, startStandby } from '../../chaos/standby.ts';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, type Line } from '../../support/line.ts';
import type { MovingAddress } from '../../support/moving-address.ts';
import { waitFor } from '../../support/wait-for.ts';

export const portOf = (cluster: OwnCluster): number => Number(new URL(cluster.url).port);

export const insert = ({ client }: Pick<OwnCluster, 'client'>, action: string, rows = 1): Promise<unknown> =>
  client.query(`INSERT INTO audit_log (action) SELECT $1 FROM generate_series(1, $2::int)`, [action, rows]);

export const makeSlot = ({ client, slot }: OwnCluster): Promise<unknown> =>
  client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);

export type Case = {
  readonly primary: OwnCluster;
  readonly standby: Standby;
  readonly address: MovingAddress;
};

export async function reload({ client }: OwnCluster, setting: string): Promise<void> {
  await client.query(`ALTER SYSTEM SET ${setting}`);
  await client.query('SELECT pg_reload_conf()');
}

/** A primary with a slot that has been read to its end, and a standby that has all of that, without the slot. */
export async function pair(): Promise<Omit<Case, 'address'> & AsyncDisposable> {
  const primary = await startOwnCluster();
  try {
    await createAuditLog(primary);
    const standby = await startStandby(primary);
    return {
      primary,
      standby,
      [Symbol.asyncDispose]: async () => {
        await standby[Symbol.asyncDispose]();
        await primary[Symbol.asyncDispose]();
      },
    };
  } catch (error) {
    await primary[Symbol.asyncDispose]();
    throw error;
  }
}

/** The line has written and confirmed a row; then the primary ends, and its address leads to the standby. */
export async function failOver({ primary, standby, address }: Case): Promise<void> {
  await insert(primary, 'before.failover');
  await drained(primary);
  await standby.caughtUp();
  await primary.end('SIGINT');
  address.moveTo(portOf(standby));
}

/** What the line has confirmed last, once it has lost the primary; a quiet primary writes a little WAL as well, up to its end. */
export async function lastConfirmed(line: Line): Promise<string> {
  const status = await waitFor(() => line.status().state === 'waiting' && line.status(), {
    description: 'the line to wait',
  });
  return status.slot.confirmedLsn ?? '';
}

export async function gapOf(line: Line): Promise<{ exitCode: number; message: string; remedy: string }> {
  const outcome = await line.ended.then(
    () => 'ended',
    (error: unknown) => error,
  );
  expect(outcome).toMatchObject({ code: 'GAP', exitCode: 76, remedy: expect.stringMatching(/ompare/) });
  return outcome as Awaited<ReturnType<typeof gapOf>>;
}

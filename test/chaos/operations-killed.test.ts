import { describe, expect, test } from 'vitest';
import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import { type Lsn, parseLsn } from '../../src/lsn.ts';
import type { Status } from '../../src/telemetry/status.ts';
import { drained } from '../support/line.ts';
import { startDeafWalsender } from '../support/operations/deaf-walsender.ts';
import type { OperationCase } from '../support/operations/operation-case.ts';
import { operationFamilies } from '../support/operations/operation-families.ts';
import { isPossible, openStage, pipelineConfig, startIndexFor } from '../support/operations/stage.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import type { RunProcess } from './program-run.ts';
import { startRun } from './run-process.ts';

type Streamed = { readonly wal?: { readonly lsn: string } };

describe.each(Object.entries(operationFamilies))('%s', (_, operations) => {
  for (const operation of operations) {
    test(operation.name, async ({ skip }) => {
      skip(!isPossible(operation), `needs Postgres ${operation.majorMin}`);
      await using server = await startIndexFor(operation);
      await using stage = await openStage(operation, server);
      const { database } = stage;
      const { arrived } = server.journal();
      await using postgres = await startDeafWalsender(database.url);
      const first = await start(operation, { ...database, url: postgres.url }, server);
      await first.streaming();
      await stage.work(operation.before);
      await unlessEnded(first, drained(database));
      postgres.deafen();
      const written = arrived.length;
      await stage.work(operation.during);
      await unlessEnded(first, confirmedInVain(first, database));
      await first.kill();
      const killedAt = arrived.length;
      await stage.work(operation.after);
      const { tables, expected } = operation.restarted ?? operation;
      const second = await start({ ...operation, tables }, database, server);
      await unlessEnded(second, drained(database));
      await second.kill();
      await stage.expectShown();
      await stage.expectRecords(server, expected);
      const before = new Set(versions(arrived.slice(written, killedAt)));
      const again = versions(arrived.slice(killedAt)).filter((version) => before.has(version));
      expect(again.length, 'records that were delivered again').toBeGreaterThan(0);
    });
  }
});

/** Each by its index, its objectID and the commit that it names; one that was asked for names none. */
function versions(tasks: ReturnType<AlgoliaServer['journal']>['arrived']): readonly string[] {
  return tasks.flatMap(({ index, operations }) =>
    operations.flatMap((operation) => {
      if (operation.kind !== 'set') return [];
      const { lsn } = (JSON.parse(operation.record.toString()) as Streamed).wal ?? {};
      return [JSON.stringify([index, operation.objectID, lsn])];
    }),
  );
}

function start(operation: OperationCase, database: TestDatabase, server: AlgoliaServer): Promise<RunProcess> {
  const { tables, batch, algolia } = pipelineConfig(operation, database, server);
  const config = { tables, batch, algolia };
  return startRun({ database, server, config });
}

/** Resolves when the process has written and confirmed all that was committed, of which Postgres knows nothing. */
async function confirmedInVain(run: RunProcess, { client }: TestDatabase): Promise<void> {
  const { rows } = await client.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn()::text AS lsn');
  const committed: Lsn = parseLsn(rows[0]?.lsn ?? '');
  const address = run.log.find(({ message }) => message === 'listening')?.['address'];
  await waitFor(
    async () => {
      const answer = await fetch(new URL('/status', String(address)));
      const { slot } = (await answer.json()) as Status;
      return parseLsn(slot?.confirmedLsn ?? '0/0') >= committed;
    },
    { description: `process ${run.pid} to confirm what was committed` },
  );
}

/** A process that ends by itself is a failure of its own, not something to wait for in vain. */
async function unlessEnded(run: RunProcess, done: Promise<void>): Promise<void> {
  const early = run.ended.then(({ code, signal }) => {
    throw new Error(`the process ended by itself (${code ?? signal}): ${JSON.stringify(run.log.slice(-3))}`);
  });
  await Promise.race([done, early]);
}

import { describe, test } from 'vitest';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { drained, startLine } from '../../support/line.ts';
import { operationFamilies } from '../../support/operations/operation-families.ts';
import { isPossible, openStage, pipelineConfig, startIndexFor } from '../../support/operations/stage.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { waitFor } from '../../support/wait-for.ts';

describe.concurrent.each(Object.entries(operationFamilies))('%s', (_, operations) => {
  for (const operation of operations) {
    test(operation.name, async ({ skip }) => {
      skip(!isPossible(operation), `needs Postgres ${operation.majorMin}`);
      await using server = await startIndexFor(operation);
      await using stage = await openStage(operation, server);
      const { database, again } = stage;
      await followed(database, pipelineConfig(operation, database, server), async (caughtUp) => {
        for (const steps of [operation.before, operation.during, operation.after]) {
          await stage.work(steps);
          await caughtUp();
        }
      });
      await stage.expectShown();
      await stage.expectRecords(server, operation.expected);
      // Once more, all of it at once and after the fact.
      const { tables, expected } = operation.restarted ?? operation;
      await using other = await startIndexFor(operation);
      await followed(again, pipelineConfig(operation, again, other, tables), (caughtUp) => caughtUp());
      await stage.expectRecords(other, expected);
    });
  }
});

/** Runs a pipeline for as long as the work takes, and drains it. Rejects with what ended it before. */
async function followed(
  database: TestDatabase,
  config: ConfigInput,
  work: (caughtUp: () => Promise<void>) => Promise<void>,
): Promise<void> {
  await using line = startLine(config);
  const unlessEnded = (done: Promise<unknown>) => Promise.race([done, line.ended]);
  const streaming = waitFor(() => line.status().state === 'streaming', {
    description: 'the pipeline to stream',
  });
  await unlessEnded(streaming);
  await work(async () => void (await unlessEnded(drained(database))));
  await line.stop();
}

import { compareIndex, expectedAuditLog } from '../support/index-comparison.ts';
import { drained } from '../support/line.ts';
import { waitFor } from '../support/wait-for.ts';
import { ending, openScene, type Scene, startHalfway } from './backfill/scene.ts';
import { type Outcome, outcome, refused, type Scenario } from './scenario.ts';

/** The index refuses everything, so that little is asked for, and nothing is confirmed, when both are killed. */
export const backfillKilledAtItsBeginning: Scenario = async (program) => {
  await using scene = await openScene({ program });
  const command = scene.start(['backfill']);
  await refusedUntilKilled(scene, command);
  return await afterBackfill(scene);
};

/** The same, where a part had been confirmed before. */
export const backfillKilledHalfway: Scenario = async (program) => {
  await using scene = await openScene({ program });
  await refusedUntilKilled(scene, await startHalfway(scene));
  return await afterBackfill(scene);
};

/** The same, where the slot is lost with all that was asked for, and somebody has made a new one. */
export const backfillKilledWithTheSlotLost: Scenario = async (program) => {
  await using scene = await openScene({ program });
  const { client, slot } = scene.database;
  scene.server.faults.clear();
  scene.server.faults.add(refused(503));
  await refusedUntilKilled(scene, scene.start(['backfill']));
  await waitFor(() => client.query('SELECT pg_drop_replication_slot($1)', [slot]), {
    description: 'the slot to be let go of, and dropped',
  });
  await client.query(`SELECT pg_create_logical_replication_slot($1, 'pgoutput')`, [slot]);
  return await afterBackfill(scene);
};

async function refusedUntilKilled(
  { server, run }: Scene,
  command: ReturnType<Scene['start']>,
): Promise<void> {
  server.faults.clear();
  server.faults.add(refused(503));
  const met = server.faults.met;
  await waitFor(() => server.faults.met >= met + 4, { description: 'four refused requests' });
  command.kill('SIGKILL');
  await Promise.all([command.ended, run.kill()]);
  server.faults.clear();
}

/** Both are started again, and come to their end. */
async function afterBackfill(scene: Scene): Promise<Outcome> {
  await scene.startRun();
  const { code, said } = await ending(scene.start(['backfill']));
  if (code !== 0) throw new Error(`the backfill ended with ${code}: ${said}`);
  await drained(scene.database);
  return outcome(await compareIndex(scene.database.client, scene.server, 'audit_log', expectedAuditLog()));
}

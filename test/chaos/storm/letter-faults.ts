import { waitFor } from '../../support/wait-for.ts';
import { BAD_ACTIONS } from '../audit-log-changes.ts';
import { fillDisk, makeRoom } from '../dead-letter-history.ts';
import type { Fault } from './fault.ts';
import type { Stage } from './stage.ts';

const UNWRITABLE = 'waiting: dead letters cannot be written';

function refusedLetters({ runs }: Stage): number {
  return runs.flatMap(({ log }) => log.filter(({ message }) => message === UNWRITABLE)).length;
}

/** The place where rows go that cannot be indexed. */
export const letterFaults: readonly Fault[] = [
  {
    name: 'dead letters: disk full',
    side: 'dead letters',
    strike: async (stage, random) => {
      const { cluster } = stage;
      const before = refusedLetters(stage);
      await fillDisk(cluster.client);
      await cluster.client.query(
        `INSERT INTO audit_log (action, metadata) VALUES ($1, jsonb_build_object('text', repeat('x', 12000)))`,
        [random.pick(BAD_ACTIONS)],
      );
      await waitFor(() => refusedLetters(stage) > before, { description: 'a letter to be refused' });
      await makeRoom(cluster.client);
    },
  },
];

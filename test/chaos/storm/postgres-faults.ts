import type { Random } from '../../../src/local/producer/random.ts';
import { type Fault, lasting } from './fault.ts';
import type { Stage } from './stage.ts';

const endedBy = (signal: 'SIGKILL' | 'SIGINT' | 'SIGQUIT') => async (stage: Stage, random: Random) => {
  await stage.cluster.end(signal);
  await lasting(random, 0, 500);
  await stage.cluster.start();
};

/** https://www.postgresql.org/docs/current/server-shutdown.html */
export const postgresFaults: readonly Fault[] = [
  { name: 'Postgres: kill -9', side: 'Postgres', strike: endedBy('SIGKILL') },
  { name: 'Postgres: fast shutdown', side: 'Postgres', strike: endedBy('SIGINT') },
  { name: 'Postgres: immediate shutdown', side: 'Postgres', strike: endedBy('SIGQUIT') },
];

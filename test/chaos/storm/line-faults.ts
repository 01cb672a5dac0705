import type { Random } from '../../../src/local/producer/random.ts';
import type { Conditions } from '../../support/tcp-lane.ts';
import type { TcpProxy } from '../../support/tcp-proxy.ts';
import { type Fault, lasting } from './fault.ts';
import { type Stage, WALSENDER_TIMEOUT_MS } from './stage.ts';

type Line = (stage: Stage) => TcpProxy;

const toPostgres: Line = (stage) => stage.toPostgres;
const toIndex: Line = (stage) => stage.toIndex;

function impaired(line: Line, conditions: (random: Random) => Conditions, fromMs: number, toMs: number) {
  return async (stage: Stage, random: Random): Promise<void> => {
    const proxy = line(stage);
    proxy.become(conditions(random));
    await lasting(random, fromMs, toMs);
    proxy.mend();
  };
}

const away = (line: Line) => async (stage: Stage, random: Random) => {
  const proxy = line(stage);
  proxy.become({ refuses: true });
  proxy.cut();
  await lasting(random, 300, 1_500);
  proxy.mend();
};

const delayed = (random: Random): Conditions => ({ delayMs: random.integer(20, 150) });
const throttled = (random: Random): Conditions => ({ bytesPerSecond: random.integer(20_000, 200_000) });
const frozen = (): Conditions => ({ isFrozen: true });

/** What a network does to connections. */
export const lineFaults: readonly Fault[] = [
  {
    name: 'Postgres: connections cut',
    side: 'line to Postgres',
    strike: async (stage) => stage.toPostgres.cut(),
  },
  { name: 'Postgres: unreachable', side: 'line to Postgres', strike: away(toPostgres) },
  {
    name: 'Postgres: half-open',
    side: 'line to Postgres',
    strike: impaired(toPostgres, frozen, WALSENDER_TIMEOUT_MS / 2, WALSENDER_TIMEOUT_MS * 1.5),
  },
  {
    name: 'Postgres: delayed',
    side: 'line to Postgres',
    strike: impaired(toPostgres, delayed, 500, 1_500),
  },
  {
    name: 'Postgres: throttled',
    side: 'line to Postgres',
    strike: impaired(toPostgres, throttled, 500, 1_500),
  },
  {
    name: 'index: connections cut',
    side: 'line to the index',
    strike: async (stage) => stage.toIndex.cut(),
  },
  { name: 'index: unreachable', side: 'line to the index', outlivesProcess: true, strike: away(toIndex) },
  {
    name: 'index: half-open',
    side: 'line to the index',
    outlivesProcess: true,
    strike: impaired(toIndex, frozen, 500, 4_000),
  },
  {
    name: 'index: delayed',
    side: 'line to the index',
    outlivesProcess: true,
    strike: impaired(toIndex, delayed, 500, 1_500),
  },
  {
    name: 'index: throttled',
    side: 'line to the index',
    outlivesProcess: true,
    strike: impaired(toIndex, throttled, 500, 1_500),
  },
  {
    name: 'index: request reset under way',
    side: 'line to the index',
    strike: (stage) => stage.toIndex.resetNext('before', '/batch'),
  },
  {
    name: 'index: reset in place of the answer',
    side: 'line to the index',
    strike: (stage) => stage.toIndex.resetNext('after', '/batch'),
  },
];

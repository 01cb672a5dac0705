import { setTimeout as pause } from 'node:timers/promises';
import type { AlgoliaServer } from '../../src/local/algolia/server.ts';
import type { Random } from '../../src/local/producer/random.ts';
import type { TestDatabase } from '../support/postgres.ts';
import { waitFor } from '../support/wait-for.ts';
import { insertRows } from './audit-table.ts';
import { POINTS, type Point } from './controls.ts';
import type { RunProcess } from './program-run.ts';

const PASSINGS_MAX = 15;

export type Scene = {
  readonly run: RunProcess;
  readonly server: AlgoliaServer;
  readonly database: TestDatabase;
  readonly random: Random;
};

type Moment = {
  /** Of how many kills it is the moment, before the shares are dealt out again. */
  readonly share: number;
  /** Resolves at the moment, or once the process has ended there. */
  come(scene: Scene): Promise<unknown>;
};

const atPoint = (point: Point): Moment => ({
  share: 2,
  come: async ({ run, random }) => {
    run.tell({ kind: 'fail', point, passings: random.integer(1, PASSINGS_MAX) });
    await waitFor(() => run.hasEnded, { description: `the process to end when ${point}`, intervalMs: 1 });
  },
});

/** When the process is killed. */
export const MOMENTS: Readonly<Record<string, Moment>> = {
  'while it starts': { share: 3, come: async ({ random }) => pause(random.integer(0, 400)) },
  'as it begins to stream': {
    share: 3,
    come: async ({ run, random }) => {
      await quickly('"streaming" in the log', () => run.log.some(({ message }) => message === 'streaming'));
      await pause(random.integer(0, 50));
    },
  },
  'between write and confirmation': {
    share: 4,
    come: async ({ server, random }) => {
      await arrived(server, random.integer(1, 20));
      await quickly(
        'an unpublished write',
        () => server.journal().arrived.length > server.journal().applied.length,
      );
      await pause(random.integer(0, 20));
    },
  },
  'at any time': {
    share: 4,
    come: async ({ server, random }) => {
      await arrived(server, random.integer(1, 20));
      await pause(random.integer(0, 600));
    },
  },
  'inside a transaction': {
    share: 4,
    come: async ({ server, database, random }) => {
      await arrived(server, 1);
      const before = server.journal().arrived.length;
      const inserted = insertRows(database, random.integer(2_000, 4_000));
      await quickly('a large request', () =>
        server
          .journal()
          .arrived.slice(before)
          .some(({ operations }) => operations.length >= 100),
      );
      await inserted;
    },
  },
  ...Object.fromEntries(POINTS.map((point) => [`when ${point}`, atPoint(point)])),
};

/** The moments of so many kills, in an order that chance decides. */
export function momentsOf(kills: number, random: Random): readonly string[] {
  const shares = Object.entries(MOMENTS).flatMap(([name, { share }]) => Array<string>(share).fill(name));
  const dealt: string[] = [];
  while (dealt.length < kills) {
    const drawn = shares.map((name) => ({ name, order: random.fraction() }));
    dealt.push(...drawn.sort((a, b) => a.order - b.order).map(({ name }) => name));
  }
  return dealt.slice(0, kills);
}

async function arrived(server: AlgoliaServer, requests: number): Promise<void> {
  const before = server.journal().arrived.length;
  await quickly('requests', () => server.journal().arrived.length >= before + requests);
}

async function quickly(description: string, condition: () => boolean): Promise<void> {
  await waitFor(condition, { description, intervalMs: 1 });
}

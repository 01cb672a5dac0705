import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Plant, plant } from '../../support/planted-program.ts';
import { type Backlog, createBacklog } from './backlog.ts';
import { type Budget, costs, measured, over } from './budgets.ts';
import { drain } from './drain.ts';

type Name = keyof typeof measured;

const names = Object.keys(measured) as Name[];
const backlogs = new Map<Name, Backlog>();

beforeAll(async () => {
  for (const name of names) backlogs.set(name, await createBacklog(measured[name].size));
});
afterAll(async () => {
  for (const backlog of backlogs.values()) await backlog[Symbol.asyncDispose]();
});

async function costsOf(name: Name, program?: string): Promise<Budget> {
  const backlog = backlogs.get(name);
  if (backlog === undefined) throw new Error(`there is no backlog of ${name}`);
  return costs(measured[name].size, await drain(backlog, program));
}

test.each(names)('a row costs no more than it may: %s', async (name) => {
  expect(over(measured[name].budget, await costsOf(name))).toEqual({});
});

type Dearer = Plant & { readonly in: Name; readonly shows: keyof Budget };

/** Each makes a row dearer, as a change could without being seen otherwise. */
const plants: Readonly<Record<string, Dearer>> = {
  'a Buffer per row': {
    file: 'records/steps.js',
    find: 'return into;',
    replace: 'return into.map((step) => ({ ...step, bytes: step.bytes?.subarray() }));',
    in: '1,000-row transactions',
    shows: 'heapBytesPerRow',
  },
  'a list of the letters of the time of each transaction': {
    file: 'records/steps.js',
    find: 'this.#options.onTransaction?.(message.xid);',
    replace:
      'this.#options.onTransaction?.(message.xid); this.time = Array.from(new Date(Number(message.committedAtMicros / 1000n)).toISOString(), (letter) => [letter]);',
    in: 'one-row transactions',
    shows: 'heapBytesPerRow',
  },
  'half a batch': {
    file: 'operators/batch.js',
    find: 'records + 1 > recordsMax',
    replace: 'records + 1 > recordsMax / 2',
    in: '1,000-row transactions',
    shows: 'requestsPerThousandRows',
  },
  'a task is asked about twice': {
    file: 'algolia/publication.js',
    find: 'tasks.map((task)',
    replace: 'tasks.flatMap((task) => [task, task]).map((task)',
    in: '1,000-row transactions',
    shows: 'questionsPerRequest',
  },
  'no patience': {
    file: 'replication/read-pace.js',
    find: 'return PAUSE_MS;',
    replace: 'return 0;',
    in: '1,000-row transactions',
    shows: 'readsPerPause',
  },
  'a statement per row': {
    file: 'replication/session.js',
    find: 'messages: walsender.messages,',
    replace: `messages: new walsender.messages.constructor((subscriber) => walsender.messages.subscribe({
      next: (run) => {
        for (const { tag } of run) if (tag === 'insert') control.client.query('SELECT 1').catch(() => undefined);
        subscriber.next(run);
      },
      error: (error) => subscriber.error(error),
      complete: () => subscriber.complete(),
    })),`,
    in: '1,000-row transactions',
    shows: 'statementsPerThousandRows',
  },
  'twice as much held per row': {
    file: 'pipeline.js',
    find: 'requestBytes(step) + STEP_OVERHEAD_BYTES',
    replace: '2 * requestBytes(step) + STEP_OVERHEAD_BYTES',
    in: '1,000-row transactions',
    shows: 'inFlightBytesPerRow',
  },
  'an operator call per row': {
    file: 'pipeline.js',
    find: 'inFlight.enter(memoryBytes)',
    replace: 'concatMap((run) => run), map((step) => [step]), inFlight.enter(memoryBytes)',
    in: '1,000-row transactions',
    shows: 'notificationsPerThousandRows',
  },
  'a promise per row': {
    file: 'pipeline.js',
    find: 'inFlight.enter(memoryBytes)',
    replace: 'tap((run) => run.forEach(async () => undefined)), inFlight.enter(memoryBytes)',
    in: '1,000-row transactions',
    shows: 'promisesPerThousandRows',
  },
};

test.each(Object.entries(plants))('planted and over its budget: %s', async (_name, { shows, ...dearer }) => {
  await using planted = await plant(dearer);
  const cost = await costsOf(dearer.in, planted.program);
  expect(over(measured[dearer.in].budget, cost)).toHaveProperty(shows);
});

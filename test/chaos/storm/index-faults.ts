import type { Fault as IndexFault } from '../../../src/local/algolia/faults.ts';
import type { Random } from '../../../src/local/producer/random.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Fault } from './fault.ts';
import type { Stage } from './stage.ts';

/** For so many requests, and until they have come. */
const answering =
  (fault: (random: Random) => IndexFault, timesMax: number) => async (stage: Stage, random: Random) => {
    const { faults } = stage.index;
    const times = random.integer(1, timesMax);
    const armed = { path: '/batch', ...fault(random), times };
    faults.add(armed);
    await waitFor(() => !faults.waiting.includes(armed), {
      description: `${times} requests to meet a fault`,
      timeoutMs: 120_000,
    });
  };

const refused = (status: number) => (): IndexFault => ({ kind: 'refuse', status });

/** What Algolia does to requests. */
export const indexFaults: readonly Fault[] = [
  ['429 with Retry-After', (): IndexFault => ({ kind: 'refuse', status: 429, retryAfterSeconds: 1 }), 2],
  ['500', refused(500), 4],
  ['503', refused(503), 4],
  ['408', refused(408), 2],
  ['reset before it took a request', (): IndexFault => ({ kind: 'reset', when: 'before' }), 3],
  ['reset after it took a request', (): IndexFault => ({ kind: 'reset', when: 'after' }), 3],
  [
    'first byte after 2 s',
    (random: Random): IndexFault => ({ kind: 'slow', firstByteMs: random.integer(2_050, 2_600) }),
    1,
  ],
  ['answer lost', (): IndexFault => ({ kind: 'lost', closeAfterMs: 300 }), 2],
  ['tasks forgotten', (): IndexFault => ({ kind: 'forget' }), 2],
  [
    'questions about tasks refused',
    (): IndexFault => ({ kind: 'refuse', status: 503, path: '/task/', method: 'GET' }),
    5,
  ],
].map(([name, fault, timesMax]) => ({
  name: `index: ${name}`,
  side: 'index' as const,
  strike: answering(fault as (random: Random) => IndexFault, timesMax as number),
}));

/** Its answer was lost, and it takes effect behind what was sent later. */
export const lateFault: Fault = {
  name: 'index: lost request applied late',
  side: 'index',
  outlivesProcess: true,
  strike: answering(
    (random) => ({
      kind: 'late',
      answer: 'reset',
      applyAfter: random.chance(0.5) ? 'next' : random.integer(50, 1_500),
    }),
    2,
  ),
};

import { createRandom, type Random } from '../../../src/local/producer/random.ts';
import type { Fault } from './fault.ts';

const PAIR_CHANCE = 0.4;

/** Faults that strike at the same time, each with a chance of its own: what one draws must not depend on when another does. */
export type PlannedStep = readonly { readonly fault: Fault; readonly seed: number }[];

/** Every fault before any comes again, as far as there are strikes; now and then two that strike different sides. */
export function stormPlan(seed: number, faults: readonly Fault[], strikes: number): readonly PlannedStep[] {
  const random = createRandom(seed);
  const steps: PlannedStep[] = [];
  let left: Fault[] = [];
  for (let count = 0; count < strikes && faults.length > 0; ) {
    if (left.length === 0) left = shuffled(faults, random);
    const first = left.splice(0, 1);
    const partner = left.findIndex((other) => first.every((one) => mayMeet(one, other)));
    const isPair = random.chance(PAIR_CHANCE) && partner !== -1 && count + 2 <= strikes;
    const chosen = isPair ? [...first, ...left.splice(partner, 1)] : first;
    steps.push(chosen.map((fault) => ({ fault, seed: random.integer(0, 2 ** 31) })));
    count += chosen.length;
  }
  return steps;
}

function mayMeet(one: Fault, other: Fault): boolean {
  const sides = [one.side, other.side];
  // A disk that is full is told by a Postgres that is there.
  if (one.side === other.side || (sides.includes('Postgres') && sides.includes('dead letters'))) return false;
  return !(sides.includes('process') && (one.outlivesProcess || other.outlivesProcess));
}

function shuffled<T>(items: readonly T[], random: Random): T[] {
  const drawn = items.map((item) => ({ item, order: random.fraction() }));
  return drawn.sort((a, b) => a.order - b.order).map(({ item }) => item);
}

import { setTimeout as pause } from 'node:timers/promises';
import type { Random } from '../../../src/local/producer/random.ts';
import type { Stage } from './stage.ts';

/** What a fault strikes. Two at the same time strike different sides. */
export type Side =
  | 'line to Postgres'
  | 'line to the index'
  | 'index'
  | 'process'
  | 'Postgres'
  | 'dead letters';

export type Fault = {
  readonly name: string;
  readonly side: Side;
  /**
   * It keeps requests of a process on their way after the process is gone; then only the process itself could know that they may still
   * come. Never together with the end of a process.
   */
  readonly outlivesProcess?: boolean;
  /** Does it, for a while, and mends it. Chance decides how, and for how long. */
  strike(stage: Stage, random: Random): Promise<void>;
};

/** Lets time pass with a fault in it; how long is a part of the scenario, not a wait for something. */
export async function lasting(random: Random, fromMs: number, toMs: number): Promise<void> {
  await pause(random.integer(fromMs, toMs));
}

import type { Random } from '../../../src/local/producer/random.ts';
import { waitFor } from '../../support/wait-for.ts';
import type { Progress } from './progress.ts';
import type { Kept, Stage } from './stage.ts';

export type Strike = {
  readonly victim: 'the pipeline' | 'the backfill' | 'both';
  /** Of the rows of the past that had been read by then. */
  readonly share: number;
  /** Behind which key a backfill that was killed went on, and of how many rows. */
  readonly resumed?: Kept;
};

const VICTIMS: readonly Strike['victim'][] = [
  'the pipeline',
  'the backfill',
  'both',
  'the backfill',
  'the pipeline',
];
/** Behind it a backfill would be over before it is killed, where the test itself is held up for a moment. */
const LAST_SHARE = 0.6;
const RESUMED_MAX_MS = 60_000;

/** Kills each of them somewhere in its own part of the way; whoever was killed is started again. Rejects when one ends that was not killed. */
export async function strikeAll(
  stage: Stage,
  progress: Progress,
  random: Random,
): Promise<readonly Strike[]> {
  const strikes: Strike[] = [];
  for (const [place, victim] of VICTIMS.entries()) {
    const share = ((place + 0.2 + 0.8 * random.fraction()) / VICTIMS.length) * LAST_SHARE;
    await progress.reaches(share, stage.endedEarly);
    if (victim !== 'the pipeline') await stage.killBackfill();
    if (victim !== 'the backfill') await stage.killRun();
    const struck = { victim, share: progress.share };
    if (victim !== 'the backfill') await stage.startRun();
    if (victim === 'the pipeline') strikes.push(struck);
    else {
      const resumed = await stage.kept();
      stage.startBackfill();
      strikes.push({ ...struck, resumed });
      await saysThatItGoesOn(stage, resumed);
    }
  }
  return strikes;
}

/** Rejects when the command does not say that it goes on from there. */
async function saysThatItGoesOn({ command }: Stage, { rows }: Kept): Promise<void> {
  const said = `going on behind ${rows.toLocaleString('en-US')} rows`;
  await waitFor(() => command.stdout().includes(said), {
    description: `the backfill to say "${said}", which said ${command.stdout()}`,
    timeoutMs: RESUMED_MAX_MS,
  });
}

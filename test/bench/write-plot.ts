import { writeFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { plot, seriesOf } from './plot.ts';
import { newestResult } from './saved-results.ts';

const PICTURE = fileURLToPath(new URL('../../docs/bench.svg', import.meta.url));

/** Draws the newest saved result that holds backlogs of several lengths. Resolves with the picture's path. */
export async function writePlot(directory?: string, picture = PICTURE): Promise<string> {
  const result = await newestResult(({ scenarios }) => seriesOf(scenarios).length > 0, directory);
  if (result === undefined) {
    throw new Error(
      'no saved result holds backlogs of several lengths; measure the scenarios size-* with --save',
    );
  }
  await writeFile(picture, plot(seriesOf(result.scenarios)));
  return picture;
}

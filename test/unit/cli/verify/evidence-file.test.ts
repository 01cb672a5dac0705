import { expect, it } from 'vitest';
import { openEvidenceFile } from '../../../../src/cli/verify/evidence-file.ts';

it('says what to do where a comparison could not be written down', async () => {
  await expect(openEvidenceFile('not-there/evidence', false, import.meta.dirname)).rejects.toMatchObject({
    message: '--evidence not-there/evidence: the file cannot be written (ENOENT)',
    remedy: 'Name a place that is there, may be written to and has room.',
  });
});

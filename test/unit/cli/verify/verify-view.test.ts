import { expect, it } from 'vitest';
import { VerifyProgress } from '../../../../src/cli/verify/verify-view.ts';

it('shows how far it is in one line of a narrow terminal, and leaves nothing of it', () => {
  const written: string[] = [];
  const stderr = { write: (text: string) => written.push(text), isTTY: true, columns: 30 };
  const progress = new VerifyProgress({ stderr }, 'public.a_table_with_a_name');
  progress.done(
    {
      from: undefined,
      to: undefined,
      isOutside: false,
      slice: { at: 0, of: 1 },
      count: 50_000,
      records: 0,
      hash: '',
      differing: 0,
    },
    4,
  );
  progress.end();
  expect(written).toEqual(['\r\u001b[Kpublic.a_table_with_a_name: w', '\r\u001b[K']);
});

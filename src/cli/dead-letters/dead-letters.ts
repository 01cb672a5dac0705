import { EXIT, type ExitCode } from '../../errors.ts';
import { countText } from '../amounts.ts';
import { columnLines } from '../columns.ts';
import type { Context } from '../context.ts';
import { harmless } from '../output.ts';
import {
  type Chosen,
  chosenLetters,
  type LetterFlags,
  letterName,
  withLetters,
} from './dead-letter-access.ts';

export type ListFlags = LetterFlags & {
  readonly table?: string;
  readonly reason?: string;
  readonly limit: number;
};

/** What could not be indexed, and why; never what stands in it. */
export async function listLetters({ output, ...context }: Context, flags: ListFlags): Promise<ExitCode> {
  return await withLetters(context, flags, async ({ list }) => {
    const { letters, total } = await list.list(flags, flags.limit);
    output.json({ total, letters });
    if (total === 0) output.line('no dead letters');
    else {
      const names = [
        'id',
        'table',
        'objectID',
        'reason',
        'status',
        'attempts',
        'committed at',
        'last failed',
        'message',
      ];
      const rows = letters.map((letter) => [
        letter.id,
        letter.table,
        letter.objectID ?? '-',
        letter.reason,
        String(letter.httpStatus ?? '-'),
        String(letter.attempts),
        toSeconds(letter.committedAt),
        toSeconds(letter.lastFailedAt),
        letter.message,
      ]);
      for (const line of columnLines(names, rows)) output.line(line);
    }
    const more = total - letters.length;
    if (more > 0) output.line(`and ${countText(more)} more: --limit ${total} shows all`);
    return EXIT.done;
  });
}

/** All of one letter. The record is for the eyes of whoever may read the table anyway. */
export async function showLetter(
  { output, ...context }: Context,
  flags: LetterFlags & { readonly id: string },
): Promise<ExitCode> {
  return await withLetters(context, flags, async (access) => {
    const [letter] = await chosenLetters(access, { ids: [flags.id] });
    if (letter === undefined) return EXIT.usage;
    const record = await access.list.record(letter.id);
    output.json({ ...letter, record });
    output.table(
      Object.entries({ ...letter, record }).map(([name, value]) => [
        name,
        value === null ? '-' : harmless(String(value)),
      ]),
    );
    return EXIT.done;
  });
}

/** Forgets letters: the rows stay out of the index until they change or are read again. Confirms nothing. */
export async function discardLetters(
  { output, ...context }: Context,
  flags: LetterFlags & Chosen,
): Promise<ExitCode> {
  return await withLetters(context, flags, async (access) => {
    const letters = await chosenLetters(access, flags);
    await access.list.remove(letters.map(({ id }) => id));
    output.json({ discarded: letters });
    output.line(`discarded: ${countText(letters.length)}`);
    for (const letter of letters)
      output.line(harmless(`  ${letter.id}  ${letterName(letter)}: ${letter.reason}`));
    return EXIT.done;
  });
}

function toSeconds(time: string | null): string {
  return time === null ? '-' : `${time.slice(0, 19)}Z`;
}

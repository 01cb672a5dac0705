import type { Config } from '../../config/schema.ts';
import type { ListedLetter } from '../../database/dead-letters/dead-letter-list.ts';
import { askInWal } from '../../database/refresh-asking.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { refreshRequests } from '../../records/refresh-request.ts';
import { countText } from '../amounts.ts';
import type { Context } from '../context.ts';
import { harmless } from '../output.ts';
import { slotPassed } from '../slot-passing.ts';
import {
  type Chosen,
  chosenLetters,
  type LetterFlags,
  letterName,
  withLetters,
} from './dead-letter-access.ts';

type Remaining = { readonly letter: ListedLetter; readonly why: string };

type Plan = {
  readonly messages: readonly string[];
  readonly asked: readonly ListedLetter[];
  readonly impossible: readonly Remaining[];
};

/** Has the rows read again by the pipeline, and says what became of them. What remains is no failure of the command. */
export async function retryLetters(
  { output, ...context }: Context,
  flags: LetterFlags & Chosen,
): Promise<ExitCode> {
  return await withLetters(context, flags, async (access) => {
    const { client, config, list } = access;
    const { messages, asked, impossible } = plan(await chosenLetters(access, flags), config);
    if (messages.length > 0) {
      const target = await askInWal(client, messages);
      await slotPassed({ client, config, target, logSink: context.stderr, signal: context.signal });
    }
    const left = await list.byId(asked.map(({ id }) => id));
    const settled = asked.filter(({ id }) => !left.some((letter) => letter.id === id));
    const remaining = [...left.map((letter) => ({ letter, why: failedAgain(letter, asked) })), ...impossible];
    output.json({
      settled: settled.map(({ id, table, objectID }) => ({ id, table, objectID })),
      remaining: remaining.map(({ letter, why }) => ({ ...letter, why })),
    });
    output.line(`settled: ${countText(settled.length)}`);
    for (const letter of settled) output.line(harmless(`  ${letter.id}  ${letterName(letter)}`));
    if (remaining.length > 0) output.line(`remaining: ${countText(remaining.length)}`);
    for (const { letter, why } of remaining)
      output.line(harmless(`  ${letter.id}  ${letterName(letter)}: ${why}`));
    return EXIT.done;
  });
}

function plan(letters: readonly ListedLetter[], config: Config): Plan {
  const impossible: Remaining[] = [];
  const messages: string[] = [];
  const asked: ListedLetter[] = [];
  for (const table of new Set(letters.map((letter) => letter.table))) {
    const own = letters.filter((letter) => letter.table === table);
    const mapping = Object.hasOwn(config.tables, table) ? config.tables[table] : undefined;
    const ids = own.flatMap(({ objectID }) => (mapping === undefined || objectID === null ? [] : [objectID]));
    const requests =
      mapping === undefined ? undefined : refreshRequests(table, ids, mapping, config.algolia.recordBytesMax);
    messages.push(...(requests?.messages ?? []));
    const refused = new Set(requests?.refused);
    for (const letter of own) {
      const why = obstacle(letter, mapping?.index, refused);
      if (why === undefined) asked.push(letter);
      else impossible.push({ letter, why });
    }
  }
  return { messages, asked, impossible };
}

function obstacle(
  { objectID, index }: ListedLetter,
  configuredIndex: string | undefined,
  refused: ReadonlySet<string>,
): string | undefined {
  if (configuredIndex === undefined) return 'its table is not configured any more: discard it';
  if (objectID === null)
    return 'has no objectID, so it cannot be read again: correct the row, then discard this';
  if (refused.has(objectID)) return 'its objectID is none of the table as it is configured: discard it';
  if (configuredIndex !== index) return `its table now goes to index ${configuredIndex}: discard it`;
  return undefined;
}

function failedAgain(letter: ListedLetter, asked: readonly ListedLetter[]): string {
  const before = asked.find(({ id }) => id === letter.id);
  const news = `${letter.reason}: ${letter.message}`;
  if (before !== undefined && letter.attempts > before.attempts) return `failed again, ${news}`;
  return `was not read again; the log of the pipeline says why. Before: ${news}`;
}

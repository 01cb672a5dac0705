import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import type { UnfinishedBackfill } from '../../database/own-tables/backfill-list.ts';
import type { Recovery } from '../../database/own-tables/recovery-table.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import type { Status } from '../../telemetry/status.ts';
import { bytesText, counted, countText, secondsText } from '../amounts.ts';
import { bookmarkState } from '../bookmark/bookmark-state.ts';
import type { Context } from '../context.ts';
import { harmless } from '../output.ts';
import { readSettingsState, settingsText } from './settings-state.ts';
import { readSlotState, type SlotState, statusOf } from './slot-state.ts';

export type StatusFlags = ConfigFlags & { readonly json?: boolean };

/** What Postgres knows of the slot, whether or not a pipeline runs, and whether the settings of the indexes are those of the configuration. */
export async function status({ output, ...context }: Context, flags: StatusFlags): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const found = await readSlotState(config);
  const facts = statusOf(found);
  const settings = await readSettingsState(config);
  const { slot } = facts;
  const known = (value: number | null, text: (value: number) => string): string =>
    value === null ? 'not known' : text(value);
  const budget = found.budgetLeftBytes;
  const { recovery, backfills } = found;
  output.json({
    ...facts,
    ...(settings.length === 0 ? {} : { settings }),
    ...(backfills.length === 0 ? {} : { backfills }),
    ...(recovery === undefined ? {} : { recovery }),
  });
  output.table([
    ['slot', `${slot.name}, ${slot.active ? 'in use' : 'nobody reads it'}`],
    ['complete through', slot.confirmedLsn ?? 'not known'],
    ['server is at', slot.serverLsn ?? 'not known'],
    ['lag', `${known(slot.lagBytes, bytesText)}, ${known(slot.lagSeconds, secondsText)}`],
    ['retained WAL', `${known(slot.retainedBytes, bytesText)} (${found.slot.walStatus})`],
    ['left of its budget', budget === null ? 'no limit: max_slot_wal_keep_size is -1' : bytesText(budget)],
    ['dead letters', lettersText(found.deadLetters)],
    ...(found.bookmarks.length === 0 ? [] : [['bookmarks', bookmarksText(found.bookmarks)] as const]),
    ...(facts.verify === undefined ? [] : [['verify', verifyText(facts.verify)] as const]),
    ...backfills.map((each) => ['backfill', harmless(backfillText(each))] as const),
    ...(recovery === undefined ? [] : [['recovery', recoveryText(recovery)] as const]),
    ...settings.map((each) => [`settings of ${each.index}`, harmless(settingsText(each))] as const),
  ]);
  return EXIT.done;
}

function verifyText({ at, differing }: NonNullable<Status['verify']>): string {
  const what = differing === 0 ? 'table and index agree' : `${countText(differing)} records differ`;
  return `${what}, as of ${at}`;
}

function backfillText({ table, isWhole, rows, isUnderWay, updatedAt }: UnfinishedBackfill): string {
  const state = isUnderWay ? 'under way' : 'ended before it was done; the same command goes on';
  return `${table}${isWhole ? '' : ', a part of it'}: ${counted(rows, 'row')}, as of ${updatedAt}, ${state}`;
}

function recoveryText({ startedAt, step }: Recovery): string {
  return `began at ${startedAt}, next: ${step}; \`wal2algolia recover --yes\` goes on`;
}

/** Each keeps all WAL from its position on, so what they keep together is what the one that keeps most does. */
function bookmarksText(bookmarks: SlotState['bookmarks']): string {
  const bytes = Math.max(...bookmarks.map(({ retainedBytes }) => retainedBytes ?? 0));
  const notWell = bookmarks.map(bookmarkState).filter(({ remedy }) => remedy !== undefined);
  const states = [...new Set(notWell.map(({ state }) => state))].join(', ');
  const unwell = notWell.length === 0 ? '' : `; ${countText(notWell.length)} not well (${states})`;
  return `${countText(bookmarks.length)}, ${bytesText(bytes)} of WAL are kept for them${unwell}: \`wal2algolia bookmark list\``;
}

function lettersText(counts: SlotState['deadLetters']): string {
  if (counts.size === 0) return 'none';
  return [...counts].map(([table, letters]) => harmless(`${countText(letters)} of ${table}`)).join(', ');
}

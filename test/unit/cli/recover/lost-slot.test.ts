import { expect, it } from 'vitest';
import { type Loss, leftToPerson } from '../../../../src/cli/recover/lost-slot.ts';
import type { Recovery } from '../../../../src/database/own-tables/recovery-table.ts';
import type { Lsn } from '../../../../src/lsn.ts';

const noted = { confirmedLsn: 5n as Lsn, confirmedAt: '', systemId: '7', timeline: 1 };
const loss: Loss = {
  onGap: 'stop',
  server: { systemId: '7', timeline: 1, walEnd: 9n as Lsn },
  noted,
  open: undefined,
};
const begun = { startedAt: '2026-11-28', newLsn: null } as Recovery;

it.each([
  ['one that was read here', loss],
  ['through the end of the WAL', { ...loss, noted: { ...noted, confirmedLsn: 9n as Lsn } }],
  ['where a recovery got no further than the old one', { ...loss, open: begun }],
  [
    'one of another system, where gaps are passed',
    { ...loss, onGap: 'continue', noted: { ...noted, systemId: '8' } },
  ],
  ['one of another timeline, too', { ...loss, onGap: 'continue', noted: { ...noted, timeline: 2 } }],
] as const)('`run` makes anew %s', (_, found) => {
  expect(leftToPerson(found)).toBeUndefined();
});

it.each([
  ['one that nobody read', { ...loss, noted: undefined }, /nobody has noted/],
  ['nor where gaps are passed', { ...loss, noted: undefined, onGap: 'continue' }, /nobody has noted/],
  ['one of another system', { ...loss, noted: { ...noted, systemId: '8' } }, /identifier 8\) than this/],
  ['one of another timeline', { ...loss, noted: { ...noted, timeline: 2 } }, /on timeline 2, and .* on 1$/],
  [
    'one on a standby',
    { ...loss, server: { ...loss.server, timeline: null } },
    /on timeline 1, and .* none$/,
  ],
  ['one that is ahead', { ...loss, noted: { ...noted, confirmedLsn: 10n as Lsn } }, /0\/A.*ends at 0\/9$/],
  ['one that is lost over and over', { ...loss, open: { ...begun, newLsn: '0/6' } }, /lost once more/],
] as const)('leaves to a person %s', (_, found, why) => {
  expect(leftToPerson(found)).toMatch(why);
});

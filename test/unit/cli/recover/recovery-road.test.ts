import { expect, it } from 'vitest';
import { roadBack } from '../../../../src/cli/recover/recovery-road.ts';
import type { Recovery } from '../../../../src/database/own-tables/recovery-table.ts';
import type { Slot } from '../../../../src/database/slot.ts';
import type { Lsn } from '../../../../src/lsn.ts';

const wanted = { name: 's', plugin: 'pgoutput', database: 'd' };
const slot: Slot = {
  ...wanted,
  temporary: false,
  activePid: undefined,
  confirmedLsn: 5n as Lsn,
  restartLsn: 4n as Lsn,
  walStatus: 'reserved',
  invalidationReason: undefined,
  synced: false,
  decodedBytes: 0,
  countedSince: '',
};
const lost: Slot = { ...slot, walStatus: 'lost' };
const open = { id: '1' } as Recovery;

it.each([
  ['replaces one that is lost', lost, undefined, 'replace'],
  ['that is lost once more', lost, open, 'replace'],
  ['makes one that is gone', undefined, undefined, 'make'],
  ['that was dropped by a recovery that got no further', undefined, open, 'make'],
  ['goes on with the new one', slot, open, 'go-on'],
  ['whoever reads it', { ...slot, activePid: 7 }, open, 'go-on'],
] as const)('%s', (_, found, begun, road) => {
  expect(roadBack(found, wanted, begun)).toBe(road);
});

it.each([
  ['one that can be read', slot, /not lost: it stands at 0\/5 \(reserved\)$/],
  ['one that is read', { ...slot, activePid: 7 }, /not lost.*walsender 7 reads it/],
  ['one that is nearly lost', { ...slot, walStatus: 'unreserved' }, /not lost.*unreserved/],
  ['a lost one that somebody holds', { ...lost, activePid: 7 }, /walsender 7 still holds it/],
  ['a lost one of another database', { ...lost, database: 'e' }, /belongs to database "e"/],
  ['a lost one of another plugin', { ...lost, plugin: 'test_decoding' }, /uses the plugin test_decoding/],
])('touches nothing of %s', (_, found, message) => {
  expect(() => roadBack(found, wanted, undefined)).toThrow(message);
});

import { expect, test } from 'vitest';
import { GapError } from '../../../src/errors.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import { startPosition } from '../../../src/replication/start-position.ts';

const at = (text: string): Lsn => parseLsn(text);
const own = { systemId: 'a', timeline: 1, publications: 'fingerprint', bindings: new Map() };
const identity = { systemId: 'a', timeline: 1, walEnd: at('0/500') };

test('the first session starts where the slot stands', () => {
  expect(startPosition(at('0/100'), identity, undefined)).toBe(at('0/100'));
});

test('where the server forgot or never heard what we confirmed, the slot decides: another may have begun again since', () => {
  expect(startPosition(at('0/100'), identity, { ...own, confirmedLsn: at('0/300') })).toBe(at('0/100'));
});

test('where another holder went further, the slot decides', () => {
  expect(startPosition(at('0/400'), identity, { ...own, confirmedLsn: at('0/300') })).toBe(at('0/400'));
});

test('after a failover that kept the slot up to date streaming goes on', () => {
  const promoted = { ...identity, timeline: 2 };
  expect(startPosition(at('0/300'), promoted, { ...own, confirmedLsn: at('0/300') })).toBe(at('0/300'));
});

test.each([
  { name: 'another system', slot: '0/100', identity: { ...identity, systemId: 'b' } },
  {
    name: 'WAL that ends before our position',
    slot: '0/100',
    identity: { ...identity, walEnd: at('0/200') },
  },
  { name: 'a new timeline with the slot behind us', slot: '0/100', identity: { ...identity, timeline: 2 } },
])('$name is a gap', ({ slot, identity: found }) => {
  expect(() => startPosition(at(slot), found, { ...own, confirmedLsn: at('0/300') })).toThrow(GapError);
});

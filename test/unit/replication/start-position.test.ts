import { expect, test } from 'vitest';
import { GapError } from '../../../src/errors.ts';
import { type Lsn, parseLsn } from '../../../src/lsn.ts';
import { failoverGap, otherSystemGap, type Standing } from '../../../src/replication/start-position.ts';

const at = (text: string): Lsn => parseLsn(text);
const own = {
  systemId: 'a',
  timeline: 1,
  confirmedLsn: at('0/300'),
  publications: 'fingerprint',
  bindings: new Map(),
};
const identity = { systemId: 'a', timeline: 1, walEnd: at('0/500') };
const slot = (lsn: string, synced = false) => ({ confirmedLsn: at(lsn), synced });
const same: Standing = { identity, slot: slot('0/300'), own, forkLsn: undefined };
const promoted: Standing = { ...same, identity: { ...identity, timeline: 2 }, forkLsn: at('0/400') };

test.each<[string, Standing]>([
  ['the first session of a process', { ...same, own: undefined, slot: slot('0/100') }],
  ['the server forgot or never heard what we confirmed', { ...same, slot: slot('0/100') }],
  ['another holder went further', { ...same, slot: slot('0/400') }],
  ['a failover after which the slot stands where we do', promoted],
  [
    'a failover with a slot that Postgres synchronized, behind us',
    { ...promoted, slot: slot('0/100', true) },
  ],
])('no gap: %s', (_name, standing) => {
  expect(failoverGap(standing)).toBeUndefined();
});

test.each<[string, Standing, string]>([
  [
    'WAL that ends before our position',
    { ...same, identity: { ...identity, walEnd: at('0/200') } },
    'from 0/200 to 0/300',
  ],
  ['a new timeline with the slot behind us', { ...promoted, slot: slot('0/100') }, 'from 0/100 to 0/300'],
  [
    'a timeline that left ours before our position, whoever brought the slot there',
    { ...promoted, forkLsn: at('0/250'), slot: slot('0/100', true) },
    'from 0/250 to 0/300',
  ],
  [
    'a timeline that does not descend from ours',
    { ...promoted, forkLsn: undefined, slot: slot('0/200', true) },
    'from 0/200 to 0/300',
  ],
])('a gap: %s', (_name, standing, positions) => {
  const gap = failoverGap(standing);
  expect(gap).toBeInstanceOf(GapError);
  expect(gap?.message).toContain(positions);
  expect(gap?.remedy).toMatch(/Compare table and index/);
});

test('another system is a gap from where this process stood there', () => {
  const gap = otherSystemGap(own, { systemId: 'b', walEnd: at('0/100') });
  expect(gap.message).toMatch(/another system .*b.*a.*from 0\/300 to 0\/100/);
});

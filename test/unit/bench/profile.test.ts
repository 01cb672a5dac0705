import { expect, test } from 'vitest';
import { type CpuProfile, mostSelfTime, profileTable } from '../../bench/profile.ts';

const node = (id: number, functionName: string, url = '', lineNumber = -1) => ({
  id,
  callFrame: { functionName, url, lineNumber },
});

const profile: CpuProfile = {
  nodes: [
    node(1, '(idle)'),
    node(2, 'decode', 'file:///home/x/dist/replication/pgoutput.js', 41),
    node(3, '', 'file:///home/x/dist/operators/batch.js', 9),
    // The same function, called from elsewhere.
    node(4, 'decode', 'file:///home/x/dist/replication/pgoutput.js', 41),
    node(5, '(garbage collector)'),
  ],
  samples: [1, 2, 4, 3, 5, 1],
  timeDeltas: [9_000, 2_000, 4_000, 3_000, 1_000, 9_000],
};

test('time is added up by function, without what was idle', () => {
  expect(mostSelfTime(profile, 10)).toEqual([
    { name: 'decode', place: 'dist/replication/pgoutput.js:42', selfMs: 6, share: 0.6 },
    { name: '(anonymous)', place: 'dist/operators/batch.js:10', selfMs: 3, share: 0.3 },
    { name: '(garbage collector)', place: '', selfMs: 1, share: 0.1 },
  ]);
});

test('only so many are told, most time first', () => {
  expect(mostSelfTime(profile, 1).map(({ name }) => name)).toEqual(['decode']);
  expect(profileTable(mostSelfTime(profile, 1))).toBe(
    ' 60.0 %       6 ms  decode  dist/replication/pgoutput.js:42',
  );
});

test('functions of one name in two files are two', () => {
  const nodes = [node(1, 'end', 'file:///a.js', 1), node(2, 'end', 'file:///b.js', 1)];
  expect(mostSelfTime({ nodes, samples: [1, 2], timeDeltas: [1, 1] }, 10)).toHaveLength(2);
});

import { expect, test } from 'vitest';
import { createActivity } from '../../../../src/local/producer/activity.ts';
import type { ActivityRow } from '../../../../src/local/producer/activity-row.ts';

const ROWS = 20_000;

function take(seed: number, count: number): ActivityRow[] {
  const activity = createActivity(seed);
  return Array.from({ length: count }, () => activity.next().value);
}

const rows = take(7, ROWS);

test('the same seed gives the same rows, another seed others', () => {
  expect(take(7, 500)).toEqual(rows.slice(0, 500));
  expect(take(8, 500)).not.toEqual(rows.slice(0, 500));
});

test('what a change says was there before is what the last change of that target left', () => {
  const known = new Map<string, unknown>();
  let compared = 0;
  for (const row of rows) {
    const member = row.action === 'workspace.member_role_changed' ? row.before?.['member_id'] : '';
    const at = (name: string): string =>
      `${row.tenant}/${row.target_type}/${row.target_id}/${member}/${name}`;
    for (const [name, value] of Object.entries(row.before ?? {})) {
      if (known.has(at(name))) {
        expect(value, `${name} before ${row.action} of ${row.target_id}`).toEqual(known.get(at(name)));
        compared += 1;
      }
    }
    if (row.action === 'workspace.member_invited') continue;
    for (const [name, value] of Object.entries(row.after ?? {})) known.set(at(name), value);
  }
  expect(compared).toBeGreaterThan(1000);
});

test('nothing happens to a report after it was deleted', () => {
  const deleted = new Set<string | null>();
  for (const row of rows) {
    if (row.target_type !== 'report') continue;
    expect(deleted.has(row.target_id), `${row.action} of ${row.target_id}`).toBe(false);
    if (row.action === 'report.deleted' && row.outcome === 'succeeded') deleted.add(row.target_id);
  }
  expect(deleted.size).toBeGreaterThan(10);
});

test('what was denied or failed has a reason and no images', () => {
  const refused = rows.filter(({ outcome }) => outcome !== 'succeeded');
  expect(new Set(refused.map(({ outcome }) => outcome))).toEqual(new Set(['denied', 'failed']));
  for (const { before, after, metadata } of refused) {
    expect([before, after, typeof metadata?.['reason']]).toEqual([null, null, 'string']);
  }
});

test('every deed comes up, named as noun.verb_past, with names beyond ASCII among the images', () => {
  const actions = new Set(rows.map(({ action }) => action));
  expect(actions.size).toBe(15);
  for (const action of actions) expect(action).toMatch(/^[a-z]+\.[a-z_]+(ed|out|in)$/);
  expect(JSON.stringify(rows.map(({ after }) => after))).toMatch(/売|在/);
});

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type Change, changesOf, key } from './changes-case.ts';

const scalar = fc.oneof(
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.boolean(),
  fc.string(),
  fc.constant(null),
);
const { value } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    scalar,
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));
const document = fc.dictionary(key, value, { maxKeys: 5, noNullPrototype: true });
const runs = { numRuns: 1_000 };

describe('changes between two documents', () => {
  test('make the second one of the first', () => {
    fc.assert(
      fc.property(document, document, (before, after) => {
        const found = changesOf(JSON.stringify(before), JSON.stringify(after), {
          changesMax: 1_000,
          valueBytesMax: 100_000,
        });
        expect(found.truncated).toBe(0);
        expect(applied(before, found.changes)).toEqual(flat(after));
        const whole = changesOf(null, JSON.stringify(after), { changesMax: 1_000, valueBytesMax: 100_000 });
        expect(applied({}, whole.changes)).toEqual(flat(after));
      }),
      runs,
    );
  });

  test('are none between equal ones, whatever the order of their keys', () => {
    fc.assert(
      fc.property(document, (one) => {
        const other = JSON.stringify(reversed(one), null, 1);
        expect(changesOf(JSON.stringify(one), other)).toMatchObject({
          changes: [],
          fields: [],
          truncated: 0,
        });
      }),
      runs,
    );
  });

  test('have the limits that were asked for', () => {
    const limits = fc.record({
      changesMax: fc.integer({ min: 1, max: 5 }),
      valueBytesMax: fc.integer({ min: 10, max: 40 }),
    });
    fc.assert(
      fc.property(document, document, limits, (before, after, settings) => {
        const all = changesOf(JSON.stringify(before), JSON.stringify(after), {
          ...settings,
          changesMax: 1_000,
        });
        const few = changesOf(JSON.stringify(before), JSON.stringify(after), settings);
        expect(few.changes).toEqual(all.changes.slice(0, settings.changesMax));
        expect(few.truncated).toBe(all.changes.length - few.changes.length);
        for (const each of few.changes)
          for (const side of [each.before, each.after])
            if (side !== undefined && each.cut !== true)
              expect(Buffer.byteLength(JSON.stringify(side))).toBeLessThanOrEqual(settings.valueBytesMax);
      }),
      runs,
    );
  });
});

/** Leaves by path; a list is the bag of its elements. Empty objects are told only where something else was before. */
function flat(whole: object): Map<string, unknown> {
  const leaves = new Map<string, unknown>();
  const visit = (path: string, node: unknown): void => {
    if (Array.isArray(node)) leaves.set(path, bag(node));
    else if (typeof node === 'object' && node !== null)
      for (const [name, member] of Object.entries(node))
        visit(path === '' ? step(name) : `${path}.${step(name)}`, member);
    else leaves.set(path, JSON.stringify(node));
  };
  visit('', whole);
  return leaves;
}

function applied(before: object, changes: readonly Change[]): Map<string, unknown> {
  const leaves = flat(before);
  for (const { path, op, before: was, after: is } of changes) {
    if (path.endsWith('[]')) {
      const list = path.slice(0, -2);
      const elements = [...(leaves.get(list) as string[])];
      if (op === 'added') elements.push(canonical(is));
      else elements.splice(elements.indexOf(canonical(was)), 1);
      leaves.set(list, elements.sort());
      continue;
    }
    // What was there goes, with what was beneath it.
    for (const leaf of [...leaves.keys()])
      if (leaf === path || leaf.startsWith(`${path}.`)) leaves.delete(leaf);
    if (op !== 'removed') for (const [leaf, json] of flat({ x: is })) leaves.set(path + leaf.slice(1), json);
  }
  return leaves;
}

function bag(list: readonly unknown[]): readonly string[] {
  return list.map(canonical).sort();
}

function canonical(node: unknown): string {
  return JSON.stringify(node, (_, each: unknown) =>
    typeof each === 'object' && each !== null && !Array.isArray(each)
      ? Object.fromEntries(
          Object.entries(each)
            .map(([name, member]) => [`k${name}`, member] as const)
            .sort(([a], [b]) => (a < b ? -1 : 1)),
        )
      : Object.is(each, -0)
        ? 0
        : each,
  );
}

function step(name: string): string {
  const special = name === '' || name === '$' || [...name].some((c) => c < ' ' || '.*"[]\\'.includes(c));
  return special ? JSON.stringify(name) : name;
}

function reversed(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(reversed);
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node)
      .reverse()
      .map(([name, member]) => [name, reversed(member)] as const),
  );
}

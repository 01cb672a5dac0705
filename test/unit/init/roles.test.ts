import { expect, it } from 'vitest';
import { findRoles } from '../../../src/init/roles.ts';
import { column } from './found.ts';

/** Columns as `name type`, and which part each plays. */
function parts(...texts: readonly string[]): Readonly<Record<string, string>> {
  const columns = texts.map((text) => column(...(text.split(/ (.*)/) as [string, string])));
  return Object.fromEntries([...findRoles(columns)].map(([role, { name }]) => [role, name]));
}

it('takes the better name of two, whatever their order', () => {
  expect(parts('created_by text', 'user_id text', 'actor_id text')).toEqual({ actorId: 'actor_id' });
  expect(parts('created_at timestamptz', 'occurred_at timestamptz')).toEqual({ occurredAt: 'occurred_at' });
});

it('takes a column of another type for something else', () => {
  expect(parts('timestamp bigint', 'before text', 'after text', 'actor_id jsonb', 'outcome integer')).toEqual(
    {},
  );
});

it('takes the only time for the one that counts, and of several the one that is never missing', () => {
  expect(parts('seen timestamptz')).toEqual({ occurredAt: 'seen' });
  expect(parts('seen timestamptz', 'left timestamptz')).toEqual({});
  expect(parts('seen timestamptz', 'left timestamptz not null')).toEqual({ occurredAt: 'left' });
});

it('leaves out what is generated', () => {
  expect([...findRoles([column('actor_id', 'text', { isGenerated: true })])]).toEqual([]);
});

it('has each name with one part alone', async () => {
  const names = [
    'action',
    'event',
    'operation',
    'type',
    'source',
    'application',
    'entity',
    'resource',
    'record',
    'status',
    'before',
  ];
  for (const type of ['text', 'jsonb', 'timestamptz']) {
    const found = findRoles(names.map((name) => column(name, type)));
    const roles = [...found].filter(([role]) => role !== 'action');
    expect(new Set(roles.map(([, { name }]) => name)).size).toBe(roles.length);
  }
});

import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';

const users = { table: 'public.users', value: 'display_name' };

const parsed = (lookups: unknown, attributes: Record<string, unknown> = {}) =>
  parseConfig({
    postgres: { url: 'postgres://db/app' },
    algolia: { appId: 'app', apiKey: 'key' },
    tables: { 'a.b': { index: 'i', attributes } } as never,
    lookups: lookups as never,
  });

test('left out there are none; of one, table and value have to be said', () => {
  expect(parsed(undefined).lookups).toEqual({});
  const defaults = { key: 'id', follow: false, cacheRowsMax: 100_000, cacheSeconds: 300 };
  expect(parsed({ users }).lookups).toEqual({ users: { ...users, ...defaults } });
});

test('an attribute is the name for a column, or for a part of one', () => {
  const attributes = {
    actor: { column: 'actor_id', lookup: 'users' },
    owner: { column: 'data', path: 'owner.id', lookup: 'users' },
  };
  expect(parsed({ users }, attributes).tables['a.b']?.attributes).toEqual(attributes);
});

test.each([
  [{ users: { table: 'public.users' } }, {}, 'lookups.users.value: missing: expected the name of a column'],
  [
    { users: { ...users, table: 'users' } },
    {},
    'lookups.users.table: expected a name as "schema.table", for example "public.users"',
  ],
  [
    { users: { ...users, cacheRowsMax: 0 } },
    {},
    'lookups.users.cacheRowsMax: expected a whole number of rows',
  ],
  [{ users: { ...users, follow: 'yes' } }, {}, 'lookups.users.follow: expected true or false'],
  [{ users: { ...users, values: 'x' } }, {}, 'lookups.users.values: unknown key; did you mean "value"?'],
  [
    { users },
    { n: { column: 'c', lookup: 'user' } },
    'n.lookup: expected the name of a lookup, and `lookups` has none of the name "user"; did you mean "users"?',
  ],
  [
    { users },
    { n: { column: 'c', pseudonym: 'user', lookup: 'users' } },
    'n.pseudonym: expected no `pseudonym` beside `lookup`',
  ],
  [
    { users },
    { n: { column: 'c', lookup: 'users' }, p: { column: 'c', pseudonym: 'user' } },
    'p.pseudonym: expected no other attribute with the same as it is, which "n" has',
  ],
  [
    { users },
    { n: { column: 'c', lookup: 'users' }, t: { template: '{n} did it' } },
    't.template: expected attributes of this table that have a column, not "n", which is looked up',
  ],
  [{ users }, { n: { lookup: 'users' } }, 'n.column: missing'],
  [
    { users },
    { n: { column: 'c', as: 'string', lookup: 'users' } },
    'n.as: expected no `as` beside `lookup`',
  ],
  [{ users }, { n: { constant: 1, lookup: 'users' } }, 'n.lookup: expected no `lookup` beside `constant`'],
])('%j with %j is refused', (lookups, attributes, expected) => {
  expect(() => parsed(lookups, attributes)).toThrow(expected);
});

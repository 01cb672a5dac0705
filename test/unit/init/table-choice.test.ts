import { describe, expect, it } from 'vitest';
import type { FoundTable } from '../../../src/database/found-tables.ts';
import { PreconditionError, UsageError } from '../../../src/errors.ts';
import { chooseCandidate, findCandidates, namedTable } from '../../../src/init/table-choice.ts';
import { column, table } from './found.ts';

const LOG = table('app.audit_log', [
  column('id', 'bigint'),
  column('action', 'smallint'),
  column('user_id', 'bigint'),
  column('create_date', 'timestamp'),
]);
const USERS = table('app.users', [
  column('id', 'bigint'),
  column('email'),
  column('type'),
  column('status'),
  column('created_at', 'timestamptz'),
]);
const ORDERS = table('app.orders', [
  column('id', 'bigint'),
  column('customer_id', 'bigint'),
  column('status'),
  column('created_at', 'timestamptz'),
]);

const choose = (...tables: FoundTable[]): FoundTable => chooseCandidate(findCandidates(tables), 'shop');

describe('without a name', () => {
  it('takes the table that is clearly an audit log, whatever it is called', () => {
    expect(choose(USERS, LOG, ORDERS)).toBe(LOG);
    const unnamed = { ...LOG, name: 'things', qualifiedName: 'app.things' };
    expect(choose(USERS, unnamed, ORDERS)).toBe(unnamed);
  });

  it('lists what there is where it is not clear, the best first, and how to say which', () => {
    const other = { ...LOG, name: 'audit_trail', qualifiedName: 'app.audit_trail' };
    const lines = [
      'more than one table looks like an audit log:',
      '  app.audit_log: its name, a time, an actor, an action',
      '  app.audit_trail: its name, a time, an actor, an action',
      '  app.users: a time, circumstances',
    ];
    expect(() => choose(USERS, LOG, other)).toThrow(expect.objectContaining({ message: lines.join('\n') }));
    try {
      choose(USERS, ORDERS);
      expect.unreachable();
    } catch (error) {
      expect(error).toBeInstanceOf(UsageError);
      expect(error).toMatchObject({ exitCode: 64, remedy: expect.stringContaining('--table "app.users"') });
    }
  });

  it('passes over what has no rows in the WAL, is a partition, or belongs to an extension', () => {
    const others: readonly Partial<FoundTable>[] = [
      { kind: 'view' },
      { kind: 'materialized view' },
      { kind: 'foreign table' },
      { isLogged: false },
      { root: 'app.audit_log' },
      { isOfExtension: true },
      { schema: 'a.b' },
    ];
    const decoys = others.map((more, place) => ({ ...LOG, ...more, qualifiedName: `x.${place}` }));
    expect(choose(...decoys, LOG)).toBe(LOG);
    expect(() => choose(...decoys)).toThrow(PreconditionError);
  });

  it('says where there is no table at all', () => {
    expect(() => choose()).toThrow('database "shop" has no table whose rows could be followed');
  });
});

describe('by name', () => {
  it.each<[string, Partial<FoundTable>, RegExp]>([
    ['a view', { kind: 'view' }, /it is a view/],
    ['a foreign table', { kind: 'foreign table' }, /it is a foreign table/],
    ['an unlogged table', { isLogged: false }, /unlogged or temporary/],
    ['a partition', { root: 'app.log' }, /rows come as those of app\.log/],
    ['a schema with a dot', { schema: 'app.audit' }, /its schema, "app\.audit", has a dot/],
  ])('refuses %s, and says what to do', (_, more, message) => {
    try {
      namedTable('app.audit_log', [{ ...LOG, ...more }]);
      expect.unreachable();
    } catch (error) {
      expect(error).toMatchObject({ exitCode: 64, message: expect.stringMatching(message) });
      expect((error as UsageError).remedy).not.toBe(undefined);
    }
  });

  it('takes it as it stands in the catalog', () => {
    const odd = table('public.Audit "Log"', LOG.columns);
    expect(namedTable('public.Audit "Log"', [LOG, odd])).toBe(odd);
    const dotted = table('a.b.c', LOG.columns, { schema: 'a', name: 'b.c' });
    const other = table('a.b.c', LOG.columns, { schema: 'a.b', name: 'c' });
    expect(namedTable('a.b.c', [other, dotted])).toBe(dotted);
  });

  it('suggests the one that may be meant', () => {
    const odd = table('public.AuditLog', LOG.columns);
    expect(() => namedTable('public.audit_log', [odd])).toThrow(
      expect.objectContaining({ remedy: 'Did you mean --table "public.AuditLog"?' }),
    );
    expect(() => namedTable('audit_log', [LOG])).toThrow(/for example "app\.audit_log"/);
    expect(() => namedTable('x.y', [LOG])).toThrow(/table x\.y does not exist/);
  });
});

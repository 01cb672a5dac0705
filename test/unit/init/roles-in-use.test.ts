import { describe, expect, test } from 'vitest';
import { findRoles } from '../../../src/init/roles.ts';
import { column } from './found.ts';

/** Columns as `name type`, and which part each plays. */
function parts(...texts: readonly string[]): Readonly<Record<string, string>> {
  const columns = texts.map((text) => column(...(text.split(/ (.*)/) as [string, string])));
  return Object.fromEntries([...findRoles(columns)].map(([role, { name }]) => [role, name]));
}

describe('the parts of columns in audit logs that are in use', () => {
  test('of this project', () => {
    expect(
      parts(
        'id bigint',
        'occurred_at timestamptz',
        'actor_type text',
        'actor_id text',
        'action text',
        'target_type text',
        'target_id text',
        'outcome text',
        'request_id text',
        'source text',
        'tenant text',
        'before jsonb',
        'after jsonb',
        'metadata jsonb',
      ),
    ).toEqual({
      occurredAt: 'occurred_at',
      actorType: 'actor_type',
      actorId: 'actor_id',
      action: 'action',
      targetType: 'target_type',
      targetId: 'target_id',
      outcome: 'outcome',
      requestId: 'request_id',
      source: 'source',
      tenant: 'tenant',
      before: 'before',
      after: 'after',
      metadata: 'metadata',
    });
  });

  test('of the first version', () => {
    expect(
      parts(
        'id bigint',
        'action smallint',
        'user_id bigint',
        'content_item_id bigint',
        'create_date timestamp',
      ),
    ).toEqual({ occurredAt: 'create_date', actorId: 'user_id', action: 'action' });
  });

  test('of paper_trail', () => {
    expect(
      parts(
        'id bigint',
        'item_type text',
        'item_id bigint',
        'event text',
        'whodunnit text',
        'object jsonb',
        'object_changes jsonb',
        'created_at timestamp',
      ),
    ).toEqual({
      occurredAt: 'created_at',
      actorId: 'whodunnit',
      action: 'event',
      targetType: 'item_type',
      targetId: 'item_id',
    });
  });

  test('of audited', () => {
    expect(
      parts(
        'auditable_id integer',
        'auditable_type text',
        'user_id integer',
        'user_type text',
        'username text',
        'action text',
        'audited_changes jsonb',
        'comment text',
        'remote_address text',
        'request_uuid text',
        'created_at timestamp',
      ),
    ).toEqual({
      occurredAt: 'created_at',
      actorId: 'user_id',
      actorType: 'user_type',
      action: 'action',
      targetType: 'auditable_type',
      targetId: 'auditable_id',
      requestId: 'request_uuid',
    });
  });

  test("of Laravel's", () => {
    expect(
      parts(
        'log_name text',
        'description text',
        'subject_type text',
        'subject_id bigint',
        'event text',
        'causer_type text',
        'causer_id bigint',
        'properties jsonb',
        'batch_uuid uuid',
        'created_at timestamp',
        'updated_at timestamp',
      ),
    ).toEqual({
      occurredAt: 'created_at',
      actorId: 'causer_id',
      actorType: 'causer_type',
      action: 'event',
      targetType: 'subject_type',
      targetId: 'subject_id',
      requestId: 'batch_uuid',
      metadata: 'properties',
    });
    expect(
      parts(
        'user_id bigint',
        'event text',
        'auditable_type text',
        'auditable_id bigint',
        'old_values jsonb',
        'new_values jsonb',
      ),
    ).toMatchObject({ before: 'old_values', after: 'new_values', targetType: 'auditable_type' });
  });

  test("of Django's", () => {
    expect(
      parts(
        'object_pk text',
        'object_id bigint',
        'object_repr text',
        'action smallint',
        'changes jsonb',
        'actor_id integer',
        'remote_addr inet',
        'timestamp timestamptz',
        'content_type_id integer',
      ),
    ).toEqual({ occurredAt: 'timestamp', actorId: 'actor_id', action: 'action', targetId: 'object_id' });
  });

  test('of supa_audit', () => {
    expect(
      parts(
        'record_id uuid',
        'old_record_id uuid',
        'op public.mood',
        'ts timestamptz',
        'table_name text',
        'record jsonb',
        'old_record jsonb',
      ),
    ).toEqual({
      occurredAt: 'ts',
      op: 'op',
      action: 'op',
      targetType: 'table_name',
      targetId: 'record_id',
      before: 'old_record',
      after: 'record',
    });
  });

  test('of audit-trigger', () => {
    expect(
      parts(
        'event_id bigint',
        'table_name text',
        'session_user_name text',
        'action_tstamp_tx timestamptz',
        'action_tstamp_stm timestamptz',
        'action_tstamp_clk timestamptz',
        'transaction_id bigint',
        'application_name text',
        'action text',
        'row_data public.hstore',
      ),
    ).toEqual({
      occurredAt: 'action_tstamp_clk',
      actorId: 'session_user_name',
      action: 'action',
      targetType: 'table_name',
      txId: 'transaction_id',
      source: 'application_name',
    });
  });

  test('of people who write JavaScript, and of those who forgot the quotes', () => {
    const expected = ['actorId', 'eventType', 'entityType', 'entityId', 'createdAt', 'oldData', 'newData'];
    const typed = (names: readonly string[]): string[] =>
      names.map(
        (name) => `${name} ${/Data/i.test(name) ? 'jsonb' : /At/i.test(name) ? 'timestamp' : 'text'}`,
      );
    const camel = parts(...typed(expected));
    expect(new Set(Object.values(camel))).toEqual(new Set(expected));
    const folded = parts(...typed(expected).map((text) => text.toLowerCase()));
    expect(Object.keys(folded)).toEqual(Object.keys(camel));
  });
});

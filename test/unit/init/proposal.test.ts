import { describe, expect, it } from 'vitest';
import type { FoundColumn, FoundTable } from '../../../src/database/found-tables.ts';
import { proposeTable, type TableProposal } from '../../../src/init/proposal.ts';
import { meaningOf } from '../../../src/init/sensitive-names.ts';
import { column, table, uniqueIndex } from './found.ts';

function propose(columns: readonly FoundColumn[], more: Partial<FoundTable> = {}): TableProposal {
  const found = proposeTable(table('app.audit_log', columns, more), 'audit_log', {
    defaults: new Map([['created_at', 'now()']]),
    serverZone: 'Europe/Berlin',
  });
  if (found === undefined) throw new Error('nothing was proposed');
  return found;
}

function attributes({ columns, computed }: TableProposal): Readonly<Record<string, unknown>> {
  const all = [...columns.flatMap((each) => each.attributes), ...computed];
  return Object.fromEntries(all.map(({ name, config }) => [name, config]));
}

const KEYED = { uniqueIndexes: [uniqueIndex(['id'], { isPrimary: true })] };

it('gives the first version what it needs', () => {
  const proposal = propose([
    column('id', 'bigint', { isCounted: true }),
    column('action', 'smallint'),
    column('user_id', 'bigint'),
    column('content_item_id', 'bigint'),
    column('create_date', 'timestamp'),
  ]);
  expect(proposal).toMatchObject({ key: { columns: ['id'], isSure: false }, operations: ['insert'] });
  expect(attributes(proposal)).toEqual({
    seq: 'id',
    action: 'action',
    actor_id: { column: 'user_id', pseudonym: 'user', label: 'actor_label' },
    target_id: 'content_item_id',
    occurred_at: { column: 'create_date', timeZone: 'UTC' },
    hour_utc: { column: 'create_date', as: 'hour', timeZone: 'UTC' },
    day_utc: { column: 'create_date', as: 'day', timeZone: 'UTC' },
    target_type: { constant: 'content_item' },
    target_key: { template: 'content_item:{target_id}' },
    summary: { template: '[{actor_id}: ]{action}[ on content_item {target_id}]' },
  });
});

type Hidden = { hide: string[]; pseudonyms: Record<string, string> };

it('compares two documents, and takes the operation from them where no column says it', () => {
  const found = attributes(
    propose(
      [column('id', 'uuid'), column('action'), column('old_data', 'jsonb'), column('new_data', 'jsonb')],
      KEYED,
    ),
  );
  expect(found).toMatchObject({
    changes: { changes: { before: 'old_data', after: 'new_data', fields: 'changed_fields' } },
    op: { op: { before: 'old_data', after: 'new_data' } },
  });
  expect(Object.keys(found)).not.toContain('old_data');
  const { hide, pseudonyms } = (found['changes'] as { changes: Hidden }).changes;
  expect(hide.length).toBeLessThanOrEqual(200);
  expect(hide).toEqual(expect.arrayContaining(['**.password', '**.apiKey', '**.email', '**.firstName']));
  expect(pseudonyms).toMatchObject({
    '**.assignee_id': 'user',
    '**.ownerId': 'user',
    '**.customer_id': 'customer',
  });
  expect(Object.keys(pseudonyms).filter((path) => hide.includes(path))).toEqual([]);
  // Who is met in a document and in a column is the same one.
  for (const [path, kind] of Object.entries(pseudonyms))
    expect([path, meaningOf(path.replace('**.', ''))]).toEqual([path, { tag: 'identifier', kind }]);
});

it('drops a document that stands alone', () => {
  const { columns } = propose([column('id', 'uuid'), column('after', 'jsonb')], KEYED);
  expect(columns.map(({ mark }) => mark.tag)).toEqual(['indexed', 'dropped']);
});

it('says what was done by the operation where nothing else does', () => {
  expect(attributes(propose([column('id', 'uuid'), column('operation')], KEYED))).toMatchObject({
    action: 'operation',
    op: { column: 'operation', values: { INSERT: 'c', delete: 'd' }, otherwise: null },
    summary: { template: '{action}' },
  });
});

it('pseudonymises what may be any kind of thing by the kind that its row says', () => {
  expect(
    attributes(propose([column('id', 'uuid'), column('entityType'), column('entityId')], KEYED)),
  ).toMatchObject({
    target_type: 'entityType',
    target_id: { column: 'entityId', pseudonym: { column: 'entityType' }, label: 'target_label' },
    target_key: { template: '{target_type}:{target_id}' },
  });
});

it('says how it ended in the summary, unless that is yes or no', () => {
  const summary = (type: string): unknown =>
    attributes(propose([column('id', 'uuid'), column('action'), column('success', type)], KEYED))['summary'];
  expect(summary('text')).toEqual({ template: '{action}[, {outcome}]' });
  expect(summary('boolean')).toEqual({ template: '{action}' });
});

describe('names', () => {
  it('gives way to those of the record, of the standard mapping and of milliseconds', () => {
    const found = attributes(
      propose(
        [
          column('id', 'uuid'),
          column('wal', 'integer'),
          column('objectID', 'boolean'),
          column('_size', 'integer'),
          column('source_table', 'boolean'),
          column('userId'),
          column('actor_label', 'public.mood'),
          column('ended', 'timestamptz'),
          column('ended_ms', 'bigint'),
          column('a.b', 'integer'),
          column('a b', 'integer'),
          column('__proto__', 'integer'),
          column('seq', 'boolean'),
        ],
        KEYED,
      ),
    );
    expect(found).toMatchObject({
      row_wal: 'wal',
      row_objectID: 'objectID',
      size: '_size',
      row_source_table: 'source_table',
      actor_id: { label: 'actor_label' },
      row_actor_label: 'actor_label',
      occurred_at: 'ended',
      ended_ms: 'ended_ms',
      a_b: 'a.b',
      row_a_b: 'a b',
      proto__: '__proto__',
    });
  });

  it('keeps milliseconds apart, whichever of the two comes first', () => {
    for (const order of [
      ['seen', 'seen_ms'],
      ['seen_ms', 'seen'],
    ]) {
      const columns = order.map((name) => column(name, name === 'seen' ? 'timestamptz' : 'bigint'));
      const found = attributes(
        propose([column('id', 'uuid'), column('occurred_at', 'timestamptz'), ...columns], KEYED),
      );
      const names = Object.keys(found);
      const time = names.find((name) => found[name] === 'seen');
      expect(names).not.toContain(`${time}_ms`);
      expect(Object.values(found)).toEqual(expect.arrayContaining(['seen', 'seen_ms']));
    }
  });
});

describe('the objectID', () => {
  it('shows what is in it, so that nothing in it is called a pseudonym', () => {
    const proposal = propose([column('user_id', 'bigint'), column('n', 'bigint')], {
      uniqueIndexes: [uniqueIndex(['user_id', 'n'], { isPrimary: true })],
    });
    expect(proposal.columns.map(({ mark }) => mark.tag)).toEqual(['dropped', 'indexed']);
  });

  it('is made of columns that tell nobody, where there is a choice', () => {
    const proposal = propose([column('email'), column('n', 'bigint')], {
      uniqueIndexes: [uniqueIndex(['email'], { isPrimary: true }), uniqueIndex(['n'])],
    });
    expect(proposal.key).toEqual({ columns: ['n'], isSure: true });
  });
});

it('leaves the operations to setup where rows are changed later', () => {
  for (const name of ['updated_at', 'deletedAt', 'modified_on'])
    expect(
      propose([column('id', 'uuid'), column('created_at', 'timestamptz'), column(name, 'timestamptz')], KEYED)
        .operations,
    ).toBeUndefined();
});

it('takes a time without zone for that of the server only where the server fills it', () => {
  const times = [
    column('created_at', 'timestamp'),
    column('seen_at', 'timestamp'),
    column('done_at', 'timestamptz'),
  ];
  const { columns } = propose([column('id', 'uuid'), ...times], KEYED);
  expect(columns.map(({ zone }) => zone?.timeZone)).toEqual([undefined, 'Europe/Berlin', 'UTC', undefined]);
});

it('has every column, in its order', () => {
  const names = ['z', 'id', 'password', 'a', 'email', 'metadata'];
  const { columns } = propose(
    names.map((name) => column(name)),
    KEYED,
  );
  expect(columns.map((each) => each.column.name)).toEqual(names);
});

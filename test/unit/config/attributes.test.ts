import { describe, expect, test } from 'vitest';
import { auditMapping } from '../../../src/config/audit-mapping.ts';
import { documentColumns, mappedColumns } from '../../../src/config/columns.ts';
import { parseConfig } from '../../../src/config/load.ts';
import type { TableConfig } from '../../../src/config/schema.ts';

const parsed = (attributes: Record<string, unknown>) =>
  parseConfig({
    postgres: { url: 'postgres://db/app' },
    algolia: { appId: 'app', apiKey: 'key' },
    tables: { 'a.b': { index: 'i', attributes } } as never,
  }).tables['a.b']?.attributes;

test('columns, parts of them and constants', () => {
  const attributes = {
    who: 'actor_id',
    part: { column: 'data', path: 'a.0', as: 'number' },
    none: { constant: null },
    kind: { constant: ['log', { a: 1 }] },
  };
  expect(parsed(attributes)).toEqual(attributes);
});

test.each([
  [{ constant: 1, column: 'c' }, 'n.column: expected no `column` beside `constant`'],
  [{ constant: null, path: 'a' }, 'n.path: expected no `path` beside `constant`'],
  [{ constant: Number.NaN }, 'n.constant: expected a JSON value'],
  [{ column: 'c', path: 'a..b' }, 'n.path: expected keys and positions with one dot between them'],
  [{ column: 'c', path: Array(33).fill('a').join('.') }, 'n.path: expected at most 32 keys'],
  [{ column: 'c', path: 'a', timeZone: 'UTC' }, 'n.timeZone: expected no `timeZone` beside `path`'],
  [{ path: 'a' }, 'n.column: missing'],
  [{ column: 'c', path: 'a', as: 'hour' }, 'n.as: expected "number" or "string" beside `path`'],
  [{ column: 'c', values: {} }, 'n.values: expected at least one text'],
  [{ column: 'c', values: { a: 1 } }, 'n.values.a: expected a text'],
  [{ column: 'c', values: { a: 'b' }, as: 'string' }, 'n.values: expected no `values` beside `as`'],
  [{ column: 'c', otherwise: 'x' }, 'n.otherwise: expected no `otherwise` without `values`'],
  [{ op: { before: 'b' } }, 'n.op.after: missing: expected the name of a column'],
  [{ op: { before: 'b', after: 'a' }, column: 'c' }, 'n.column: expected no `column` beside `op`'],
  [{ changes: { before: 'b', after: 'a', hide: ['a..b'] } }, 'n.changes.hide[0]: expected keys, * and **'],
  [{ changes: { before: 'b', after: 'a', fields: 'wal' } }, 'n.changes.fields: expected another name'],
  [{ changes: { before: 'b', after: 'a', hidden: [] } }, 'n.changes.hidden: unknown key'],
  [
    { changes: { before: 'b', after: 'a', changesMax: 0 } },
    'n.changes.changesMax: expected a whole number from 1',
  ],
])('%j is refused', (attribute, expected) => {
  expect(() => parsed({ n: attribute })).toThrow(`tables["a.b"].attributes.${expected}`);
});

test('what differs, with its defaults', () => {
  expect(parsed({ n: { changes: { before: 'b', after: 'a', hide: ['**.x'] } } })).toEqual({
    n: {
      changes: {
        before: 'b',
        after: 'a',
        hide: [['**', { key: 'x' }]],
        pseudonyms: [],
        changesMax: 50,
        valueBytesMax: 300,
      },
    },
  });
});

describe('the standard mapping', () => {
  const table = (attributes: unknown) =>
    parseConfig({
      postgres: { url: 'postgres://db/app' },
      algolia: { appId: 'app', apiKey: 'key' },
      tables: { 'a.b': { index: 'i', attributes } } as never,
    }).tables['a.b'] as TableConfig;

  test('stands for attributes of the columns of our audit log', () => {
    expect(mappedColumns(table('audit'))).toEqual([
      ...[
        'id',
        'occurred_at',
        'actor_type',
        'actor_id',
        'action',
        'before',
        'after',
        'target_type',
        'target_id',
      ],
      ...['outcome', 'request_id', 'tx_id', 'source', 'tenant'],
    ]);
    expect(documentColumns(table('audit'))).toEqual(new Set(['before', 'after']));
    expect(() => table('other')).toThrow(
      'attributes: expected an object, or "audit" for the standard mapping',
    );
    expect(() => table({ n: { colum: 'x' } })).toThrow('unknown key; did you mean "column"?');
  });

  test('can be written out for a log with other columns', () => {
    const columns = {
      id: 'no',
      occurredAt: 'at',
      timeZone: 'Europe/Berlin',
      action: 'what',
      actorId: 'who',
      op: 'tg_op',
      metadata: 'more',
    };
    const written = auditMapping(columns);
    expect(written).toEqual({
      seq: 'no',
      occurred_at: { column: 'at', timeZone: 'Europe/Berlin' },
      hour_utc: { column: 'at', timeZone: 'Europe/Berlin', as: 'hour' },
      day_utc: { column: 'at', timeZone: 'Europe/Berlin', as: 'day' },
      actor_id: 'who',
      action: 'what',
      op: { column: 'tg_op', values: { INSERT: 'c', SELECT: 'r', UPDATE: 'u', DELETE: 'd' } },
      summary: { template: '[{actor_id}: ]{action}' },
      metadata: 'more',
    });
    expect(mappedColumns({ ...table(written), objectID: ['no'] })).toEqual([
      'no',
      'at',
      'who',
      'what',
      'tg_op',
      'more',
    ]);
  });
});

import { expect, test } from 'vitest';
import { standardAuditMapping } from '../../../src/config/audit-mapping.ts';
import { createBothSlots, streamBoth } from './both-plugins.ts';
import { sql } from './wal2json-case.ts';

test('the standard mapping gives the same records with both plugins', async () => {
  await sql(`CREATE TABLE t (id bigint PRIMARY KEY, occurred_at timestamptz, action text, actor_id text, target_type text, target_id text,
    before json, after jsonb, metadata jsonb)`);
  await createBothSlots('TABLE t');
  await sql(`INSERT INTO t VALUES
    (1, '2026-09-23 10:59:59.999999+00', 'report.renamed', 'u"1', 'report', 'r-1', '{"n": 1.10,  "a": ["x", {"token": 1}]}',
     '{"n": 12345678901234567890.10, "a": ["é𝄞\\u0001", {"token": 2}], "password": "x"}', '{}'),
    (2, 'infinity', 'a.b', NULL, NULL, NULL, NULL, NULL, NULL),
    (3, '0044-03-15 BC', 'a.b', NULL, NULL, 'x', 'null', '[1, 2]', NULL)`);
  await sql(`UPDATE t SET after = after || '{"more": {"deep": [null]}}' WHERE id = 1`);
  await sql('DELETE FROM t WHERE id = 2');
  const attributes = standardAuditMapping();
  const { pgoutput, wal2json } = await streamBoth({
    'public.t': { index: 'i', objectID: ['id'], attributes },
  });
  expect(wal2json.records).toEqual(pgoutput.records);
  expect(pgoutput.records.map((text) => JSON.parse(text))).toMatchObject([
    {
      body: {
        hour_utc: '2026-09-23T10',
        op: 'u',
        summary: 'u"1: report.renamed on report r-1',
        changes: [
          { path: 'n', op: 'changed' },
          { path: 'a[]', op: 'removed', before: 'x' },
          { path: 'a[]', op: 'removed', before: { token: '(hidden)' } },
          { path: 'a[]', op: 'added', after: 'é𝄞\u0001' },
          { path: 'a[]', op: 'added', after: { token: '(hidden)' } },
          { path: 'password', op: 'added', hidden: true },
        ],
        changed_fields: ['a', 'n', 'password'],
      },
    },
    { body: { hour_utc: null, day_utc: null, op: 'r', summary: 'a.b', changes: [] } },
    { body: { day_utc: '-000043-03-15', op: 'c', changes: [{ path: '$', op: 'added', after: [1, 2] }] } },
    { body: { changes: expect.arrayContaining([{ path: 'more.deep', op: 'added', after: [null] }]) } },
    { action: 'deleteObject' },
  ]);
  expect(pgoutput.records[0]).toContain('12345678901234567890.10');
});

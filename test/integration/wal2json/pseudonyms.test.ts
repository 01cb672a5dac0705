import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { pseudonymOf } from '../../support/pseudonym.ts';
import { createBothSlots, streamBoth } from './both-plugins.ts';
import { sql } from './wal2json-case.ts';

const OLD = 'the key of all that was before 2026';
const NEW = 'the key of all that came after that';

const { tables } = parseConfig({
  postgres: { url: 'postgres://db/app' },
  algolia: { appId: 'app', apiKey: 'key' },
  pseudonyms: {
    keys: [
      { id: '2025', secret: OLD },
      { id: '2026', from: '2026-01-01T00:00:00.000001Z', secret: NEW },
    ],
  },
  tables: {
    'public.t': {
      index: 't',
      time: 'at',
      attributes: {
        who: { column: 'who', pseudonym: 'user', label: 'who_label' },
        padded: { column: 'padded', pseudonym: 'code' },
        many: { column: 'many', pseudonym: 'user' },
        what: { column: 'what', pseudonym: { column: 'kind' } },
        by: { column: 'data', path: 'by', pseudonym: 'user', label: 'by_label' },
        text: { template: '{who} by {by}' },
      },
    },
  },
});

test('pseudonyms are the same with both plugins', async () => {
  await sql(`CREATE TABLE t (id int PRIMARY KEY, at timestamptz, who bigint, padded char(5), many text[], kind text, what text, data json);
    ALTER TABLE t ALTER data SET STORAGE EXTERNAL`);
  await createBothSlots();
  await sql(`INSERT INTO t VALUES
    (1, '2026-01-01T00:00:00Z', 7, 'ab', '{a,NULL,"b, \\"c\\""}', 'K "x"', 'é\\n', '{"by": "\\u00e9\\"\\\\", "filler": "${'x'.repeat(3_000)}"}'),
    (2, '2026-01-01T00:00:00.000001Z', 7, NULL, '{}', NULL, '', '{"by": [7, "7", 1e2, null]}'),
    (3, NULL, NULL, 'ab', NULL, '', 'z', '{"by": null}'),
    (4, 'infinity', 9007199254740993, NULL, NULL, NULL, NULL, '{"by": {"no": 1}}'),
    (5, '0044-03-15 BC', 7, NULL, NULL, NULL, NULL, NULL)`);
  await sql(`UPDATE t SET what = 'changed' WHERE id = 1`);
  await sql('DELETE FROM t WHERE id = 5');
  const { pgoutput, wal2json } = await streamBoth(tables);
  expect(wal2json.records).toEqual(pgoutput.records);
  const [first, second, , fourth, fifth, update] = wal2json.records;
  const old = pseudonymOf(OLD, 'user', '7');
  expect(JSON.parse(first ?? '').body).toMatchObject({ who: old, by: pseudonymOf(OLD, 'user', 'é"\\') });
  const fresh = pseudonymOf(NEW, 'user', '7');
  expect(JSON.parse(second ?? '').body).toMatchObject({
    who: fresh,
    by: [fresh, fresh, pseudonymOf(NEW, 'user', '1e2'), null],
    what: pseudonymOf(NEW, '', '', 'id'),
  });
  expect(JSON.parse(fourth ?? '')).toMatchObject({ objectID: '4', problem: 'unreadable-value' });
  expect(JSON.parse(fifth ?? '').body).toMatchObject({ who: old });
  expect(update).toBe('refresh');
});

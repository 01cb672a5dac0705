import { afterAll, beforeAll, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { isOperation, type Step } from '../../../src/records/operations.ts';
import { refreshSteps } from '../../../src/records/refresh-message.ts';
import { createDatabase, serverMajor, type TestDatabase } from '../../support/postgres.ts';
import { openRefresher } from '../refresh/refresher-case.ts';
import { createSlot, pinOutput, takeSteps } from './slot-changes.ts';

type Case = {
  readonly type: string;
  /** The first major that has this type; those before it have to refuse it. */
  readonly sinceMajor?: number;
  /** Postgres literals; NULL is added to all of them. */
  readonly values: readonly string[];
  /** SQL for the JSON text that stands behind `"v":` in the record, given `v`. */
  readonly json: string;
  readonly attribute?: {
    readonly as?: 'number' | 'string' | 'hour' | 'day';
    readonly timeZone?: string;
    readonly path?: string;
  };
  /** For NULL; a timestamp has two. */
  readonly nullJson?: string;
};

export const asText = 'to_json(v::text)::text';
export const instant = (utc: string) =>
  `CASE WHEN isfinite(v) THEN to_json(iso(${utc}) || 'Z')::text || ',"v_ms":' || floor(extract(epoch FROM ${utc}) * 1000)::text
        ELSE 'null,"v_ms":null' END`;
export const timestampNull = 'null,"v_ms":null';

const TYPES = `
  CREATE TYPE mood AS ENUM ('calm', 'very "odd"');
  CREATE TYPE pair AS (a int, b text);
  CREATE DOMAIN json_document AS jsonb;
  CREATE DOMAIN amount AS numeric(10,2);
  CREATE DOMAIN positive_amount AS amount CHECK (VALUE > 0);
  CREATE DOMAIN temper AS mood;
  CREATE DOMAIN moment AS timestamptz;
  CREATE DOMAIN int_list AS int[];
  CREATE FUNCTION iso_year(year numeric) RETURNS text LANGUAGE sql AS $$
    SELECT CASE WHEN astronomical BETWEEN 0 AND 9999 THEN lpad(astronomical::text, 4, '0')
                ELSE CASE WHEN astronomical < 0 THEN '-' ELSE '+' END
                     || lpad(abs(astronomical)::text, greatest(6, length(abs(astronomical)::text)), '0') END
    FROM (SELECT CASE WHEN year < 0 THEN year + 1 ELSE year END AS astronomical) years $$;
  CREATE FUNCTION iso_date(v date) RETURNS text LANGUAGE sql AS $$
    SELECT iso_year(extract(year FROM v)) || '-' || to_char(extract(month FROM v), 'FM00')
           || '-' || to_char(extract(day FROM v), 'FM00') $$;
  CREATE FUNCTION iso(v timestamp) RETURNS text LANGUAGE sql AS $$
    SELECT iso_year(extract(year FROM v)) || to_char(v, '-MM-DD"T"HH24:MI:SS')
           || rtrim(rtrim(to_char(v, '.US'), '0'), '.') $$;`;

export let database: TestDatabase;

beforeAll(async () => {
  database = await createDatabase();
  await pinOutput(database.client);
  await database.client.query(TYPES);
});

afterAll(async () => database[Symbol.asyncDispose]());

function tableConfig({ attribute }: Case, index: number): [string, TableConfig] {
  return [
    `public.case_${index}`,
    { index: `case_${index}`, objectID: ['id'], attributes: { v: { column: 'v', ...attribute } } },
  ];
}

const tableSql = ({ type }: Case, index: number): string =>
  `CREATE TABLE case_${index} (id int GENERATED ALWAYS AS IDENTITY PRIMARY KEY, v ${type})`;

const isKnown = ({ sinceMajor = 0 }: Case): boolean => serverMajor() >= sinceMajor;

function collect(steps: readonly Step[], into: Map<string, ReadonlyMap<string, string>>): void {
  for (const step of steps) {
    if (!isOperation(step)) continue;
    const text = step.bytes.toString('utf8', step.start, step.end);
    const json = text.slice(text.indexOf('"v":') + 4, text.lastIndexOf(',"source_table":'));
    into.set(step.index, new Map([...(into.get(step.index) ?? []), [step.objectID, json]]));
    expect(() => JSON.parse(text) as unknown, text).not.toThrow();
  }
}

/**
 * One test per case: what the slot gives for its values, and for NULL, against what Postgres itself makes of them; and the same when
 * the row is read again.
 */
export function testValues(cases: readonly Case[]): void {
  /** What follows `"v":` in each record, by table and id. */
  const written = new Map<string, ReadonlyMap<string, string>>();
  const readAgain: typeof written = new Map();

  beforeAll(async () => {
    const { client } = database;
    const known = [...cases.entries()].filter(([, one]) => isKnown(one));
    for (const [index, one] of known) await client.query(tableSql(one, index));
    await createSlot(database);
    for (const [index, { type, values }] of known) {
      for (const value of [...values, null])
        await client.query(`INSERT INTO case_${index} (v) SELECT $1::text::${type}`, [value]);
    }
    const streamed = await takeSteps(database, Object.fromEntries(cases.map(tableConfig)));
    collect(streamed, written);
    const tables = Object.fromEntries(known.map(([index, one]) => tableConfig(one, index)));
    await using refresher = await openRefresher(database, tables, 100_000);
    const asked = streamed.filter(isOperation).map(({ table, objectID }) => ({ table, objectID }));
    collect(await refresher.resolve(refreshSteps(asked, tables, 100_000)), readAgain);
  });

  test.each(cases.map((one, index) => ({ ...one, index })))(
    '$type as $attribute',
    async ({ index, ...one }) => {
      const { json, values, nullJson = 'null' } = one;
      if (!isKnown(one)) {
        await expect(database.client.query(tableSql(one, index))).rejects.toMatchObject({ code: '22023' });
        return;
      }
      const { rows } = await database.client.query<{ id: string; json: string }>(
        `SELECT id::text, coalesce(${json}, $1) AS json FROM case_${index}`,
        [nullJson],
      );
      expect(rows).toHaveLength(values.length + 1);
      expect(Object.fromEntries(written.get(`case_${index}`) ?? [])).toEqual(
        Object.fromEntries(rows.map((row) => [row.id, row.json])),
      );
      expect(readAgain.get(`case_${index}`)).toEqual(written.get(`case_${index}`));
    },
  );
}

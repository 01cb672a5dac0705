import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { wantedSettings } from '../../../src/index-settings.ts';
import { createDatabase } from '../../support/postgres.ts';

test('every type has its place in derived settings, or none', async () => {
  await using database = await createDatabase();
  const { client, url, slot, publication } = database;
  await client.query(`
    CREATE TYPE mood AS ENUM ('sad', 'ok');
    CREATE DOMAIN short AS varchar(10);
    CREATE DOMAIN moment AS timestamptz;
    CREATE TYPE pair AS (a int, b text);
    CREATE TABLE t (id uuid PRIMARY KEY, a_text text, a_varchar varchar(9), a_char char(3), a_domain short, a_mood mood, a_bool bool,
      a_int2 int2, a_int8 int8, a_float float8, a_money numeric(12, 2), a_numeric numeric, a_date date, a_time timestamptz, a_local timestamp,
      a_moment moment, an_interval interval, a_uuid uuid, an_inet inet, a_mac macaddr, a_json json, a_jsonb jsonb, a_bytea bytea, tags text[],
      moods mood[], numbers int[], times timestamptz[], a_pair pair, a_range int4range, a_point point)`);
  const config = parseConfig({
    postgres: { url },
    replication: { slot, publication },
    algolia: { appId: 'app', apiKey: 'key' },
    tables: { 'public.t': { index: 'i', settings: {} } },
  });
  expect((await wantedSettings(client, config)).get('i')).toMatchObject({
    searchableAttributes: [
      ...[
        'id',
        'a_text',
        'a_varchar',
        'a_char',
        'a_domain',
        'a_mood',
        'a_uuid',
        'an_inet',
        'a_mac',
        'tags',
        'moods',
      ],
      ...['unordered(a_json)', 'unordered(a_jsonb)'],
    ],
    attributesForFaceting: [
      ...['a_varchar', 'a_char', 'a_domain', 'a_mood', 'a_bool'],
      ...['filterOnly(a_uuid)', 'filterOnly(an_inet)', 'filterOnly(a_mac)', 'tags', 'moods'],
    ],
    numericAttributesForFiltering: [
      ...['a_int2', 'a_int8', 'a_float', 'a_money', 'a_time_ms', 'a_local_ms', 'a_moment_ms', 'numbers'],
      'wal.committed_at_ms',
    ],
    disableTypoToleranceOnAttributes: ['id', 'a_uuid', 'an_inet', 'a_mac'],
    customRanking: ['desc(wal.committed_at_ms)'],
    ranking: expect.arrayContaining(['desc(a_time_ms)']),
  });
  const converted = parseConfig({
    postgres: { url },
    replication: { slot, publication },
    algolia: { appId: 'app', apiKey: 'key' },
    tables: {
      'public.t': {
        index: 'i',
        settings: {},
        attributes: {
          number: { column: 'a_text', as: 'number' },
          code: { column: 'a_int8', as: 'string' },
          when: { column: 'a_time', as: 'string' },
          big: { column: 'a_numeric', as: 'number' },
        },
      },
    },
  });
  expect((await wantedSettings(client, converted)).get('i')).toEqual({
    searchableAttributes: ['code'],
    attributesForFaceting: ['filterOnly(code)'],
    numericAttributesForFiltering: ['number', 'big', 'wal.committed_at_ms'],
    customRanking: ['desc(wal.committed_at_ms)'],
    typoTolerance: 'min',
    allowTyposOnNumericTokens: false,
    disableTypoToleranceOnAttributes: ['code'],
  });
});

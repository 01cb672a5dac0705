import { join } from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, test } from 'vitest';
import { mappedColumns } from '../../../src/config/columns.ts';
import { loadKeyConfig } from '../../../src/config/load.ts';
import {
  cwd,
  ENVIRONMENT,
  type Environment,
  FROM,
  type Given,
  loaded,
  ONE,
  problem,
  TWO,
  VARIABLE,
  who,
} from './pseudonyms-case.ts';

describe('the keys', () => {
  test('may be a single one, of the environment or a file that it names', async () => {
    for (const environment of [VARIABLE, { WAL2ALGOLIA_PSEUDONYM_KEY_FILE: join(cwd, 'one') }]) {
      const { pseudonyms, tables } = await loaded({}, environment);
      const [key, ...more] = pseudonyms.keys;
      expect({ ...key, secret: key?.secret.reveal() }).toEqual({
        id: '1',
        fromMicros: Number.NEGATIVE_INFINITY,
        secret: ONE,
      });
      expect(more).toEqual([]);
      expect(tables['a.b']?.pseudonyms).toEqual({ keys: pseudonyms.keys, time: undefined });
    }
  });

  test('come from files, variables and the configuration itself, each with its time', async () => {
    const keys = [
      { id: 'a', file: 'one' },
      { id: 'b', from: '2026-01-01T01:30:00.000001+01:30', file: join(cwd, 'two') },
      { id: 'c', from: '2026-02-03', variable: 'THIRD' },
      { id: 'd', from: '2026-02-03T04:05Z', variable: 'FOURTH' },
      { id: 'e', from: '2027-01-01 00:00:00-05', secret: TWO },
    ];
    const environment = { THIRD: ONE, FOURTH_FILE: join(cwd, 'two') };
    const config = await loaded({ pseudonyms: { keys }, table: { time: 'at' } }, environment);
    const known = config.pseudonyms.keys.map((key) => [key.id, key.fromMicros, key.secret.reveal()]);
    expect(known).toEqual([
      ['a', Number.NEGATIVE_INFINITY, ONE],
      ['b', Date.UTC(2026, 0, 1) * 1000 + 1, TWO],
      ['c', Date.UTC(2026, 1, 3) * 1000, ONE],
      ['d', Date.UTC(2026, 1, 3, 4, 5) * 1000, TWO],
      ['e', Date.UTC(2027, 0, 1, 5) * 1000, TWO],
    ]);
    expect(JSON.stringify(config)).not.toContain('must never be seen');
    expect(inspect(config, { depth: 9 })).not.toContain('must never be seen');
  });

  test('may take in the one that was alone before', async () => {
    const keys = [
      { id: 'a', variable: 'WAL2ALGOLIA_PSEUDONYM_KEY' },
      { id: 'b', from: FROM, file: 'two' },
    ];
    const config = await loaded({ pseudonyms: { keys }, table: { time: 'at' } }, VARIABLE);
    expect(config.pseudonyms.keys.map(({ secret }) => secret.reveal())).toEqual([ONE, TWO]);
  });

  const first = { id: 'a', file: 'one' };
  const refused: [string, unknown[], Environment?][] = [
    ['pseudonyms.keys: expected at least one key', []],
    ['pseudonyms.keys[0].id: missing', [{ file: 'one' }]],
    ['pseudonyms.keys[0]: expected one of `file`, `variable` and `secret`', [{ id: 'a' }]],
    ['pseudonyms.keys[0]: expected one of `file`', [{ id: 'a', file: 'one', secret: ONE }]],
    ['pseudonyms.keys[1].id: expected each id once', [first, { ...first, from: FROM }]],
    ['pseudonyms.keys[1].from: missing: expected the instant', [first, { id: 'b', file: 'two' }]],
    [
      'keys[1].from: expected a later instant',
      [
        { ...first, from: FROM },
        { id: 'b', from: FROM, file: 'two' },
      ],
    ],
    [
      'keys[1].from: expected a later instant',
      [
        { ...first, from: FROM },
        { id: 'b', from: '2025-01-01', file: 'two' },
      ],
    ],
    ['keys[0].from: expected an instant such as', [{ ...first, from: '2026-02-30' }]],
    ['keys[0].from: expected an instant such as', [{ ...first, from: '2026-01-01T00:00:00' }]],
    ['keys[0].from: expected an instant such as', [{ ...first, from: 1 }]],
    ['keys[0].file: expected a file that can be read (ENOENT)', [{ id: 'a', file: 'nowhere' }]],
    ['keys[0].file: expected a key of at least 32 bytes', [{ id: 'a', file: 'short' }]],
    ['keys[0].file: expected a key that is text in UTF-8', [{ id: 'a', file: 'bytes' }]],
    [
      'keys[0].secret: expected a key of at least 32 bytes',
      [{ id: 'a', secret: 'only thirty-one bytes are here.' }],
    ],
    ['keys[0].variable: expected a variable that is set, or NONE_FILE', [{ id: 'a', variable: 'NONE' }]],
    ['keys[0].variable: expected a key of at least 32', [{ id: 'a', variable: 'V' }], { V: 'x' }],
    [
      'V_FILE: expected a file that can be read (ENOENT)',
      [{ id: 'a', variable: 'V' }],
      { V_FILE: '/nowhere' },
    ],
    ['WAL2ALGOLIA_PSEUDONYM_KEY: set together with pseudonyms.keys', [first], VARIABLE],
  ];
  test.each(refused)('are refused where %s', async (expected, keys, environment) => {
    expect(await problem({ pseudonyms: { keys } }, environment)).toContain(expected);
  });

  test.each([ONE, { keys: ONE }, { keys: [ONE] }, { keys: [{ id: 'a', secret: ONE, from: ONE }] }])(
    'are shown nowhere, wherever they stand by mistake',
    async (pseudonyms) => {
      expect(await problem({ pseudonyms })).toContain('pseudonyms');
    },
  );

  test('a single one is refused that is too short', async () => {
    expect(await problem({}, { WAL2ALGOLIA_PSEUDONYM_KEY: 'only thirty-one bytes are here.' })).toBe(
      'configuration: WAL2ALGOLIA_PSEUDONYM_KEY: expected a key of at least 32 bytes, such as `openssl rand -base64 32` makes',
    );
  });

  test('are missed where an attribute wants one, and nowhere else', async () => {
    expect(await problem({})).toBe(
      'configuration: tables["a.b"].attributes.who.pseudonym: expected a key for it: set WAL2ALGOLIA_PSEUDONYM_KEY, or pseudonyms.keys',
    );
    const { tables } = await loaded({ table: { attributes: { who: 'actor_id' } } }, VARIABLE);
    expect(tables['a.b']).not.toHaveProperty('pseudonyms');
  });

  test('are not needed to make a key, but must then all be there', async () => {
    const keyConfig = async (given: Given) => {
      await loaded(given).catch(() => undefined);
      return loadKeyConfig({ cwd, environment: ENVIRONMENT, flags: { config: 'c.json' } });
    };
    const here = { id: 'a', file: 'one' };
    const elsewhere = { id: 'b', from: FROM, variable: 'ELSEWHERE' };
    expect((await keyConfig({ pseudonyms: { keys: [here] } })).pseudonyms.keys).toHaveLength(1);
    expect((await keyConfig({ pseudonyms: { keys: [here, elsewhere] } })).pseudonyms.keys).toEqual([]);
    expect((await keyConfig({})).pseudonyms.keys).toEqual([]);
  });
});

describe("a row's own time", () => {
  const keys = [
    { id: 'a', file: 'one' },
    { id: 'b', from: FROM, file: 'two' },
  ];
  const time = async (table: object, more: object = {}) =>
    (await loaded({ pseudonyms: { keys }, table, more })).tables['a.b']?.pseudonyms?.time;

  test('is that of the column that is named, else of the attribute of the time', async () => {
    expect(await time({ time: 'at' })).toEqual({ column: 'at', timeZone: undefined });
    const attributes = { who, occurred_at: 'happened' };
    expect(await time({ attributes })).toEqual({ column: 'happened', timeZone: undefined });
    const zoned = { who, when: { column: 'happened', timeZone: 'Europe/Berlin' } };
    expect(await time({ attributes: zoned }, { keys: { timeAttribute: 'when' } })).toEqual({
      column: 'happened',
      timeZone: 'Europe/Berlin',
    });
    expect(await time({ attributes: zoned, time: 'happened' })).toMatchObject({ timeZone: 'Europe/Berlin' });
  });

  test('is missed where several keys are to be chosen from', async () => {
    const part = { who, occurred_at: { column: 'data', path: 'at' } };
    for (const table of [{}, { attributes: part }])
      expect(await problem({ pseudonyms: { keys }, table })).toBe(
        'configuration: tables["a.b"].time: missing: expected the column of a row\'s own time, which says by which of the 2 keys its pseudonyms are made',
      );
  });

  test('is read with the row', async () => {
    const attributes = {
      who,
      what: { column: 'target_id', pseudonym: { column: 'target_type' } },
      inside: { column: 'data', path: 'a.0', pseudonym: 'item', label: 'inside_label' },
    };
    const config = await loaded({ pseudonyms: { keys }, table: { attributes, time: 'at' } });
    const table = config.tables['a.b'];
    expect(table?.attributes?.['inside']).toEqual({
      pseudonym: { column: 'data', path: 'a.0', kind: 'item', label: 'inside_label' },
    });
    expect(table && mappedColumns(table)).toEqual([
      'id',
      'actor_id',
      'target_id',
      'target_type',
      'data',
      'at',
    ]);
  });

  test('and a key are needed for pseudonyms in changes too', async () => {
    const changes = { before: 'old', after: 'new', pseudonyms: { '**.owner_id': 'user' } };
    const attributes = { changes: { changes } };
    expect(await problem({ table: { attributes } })).toContain(
      'attributes.changes.changes.pseudonyms: expected a key for it: set WAL2ALGOLIA_PSEUDONYM_KEY',
    );
    expect(await problem({ pseudonyms: { keys }, table: { attributes } })).toContain('.time: missing');
    const table = (await loaded({ pseudonyms: { keys }, table: { attributes, time: 'at' } })).tables['a.b'];
    expect(table?.attributes?.['changes']).toMatchObject({
      changes: { pseudonyms: [{ steps: ['**', { key: 'owner_id' }], kind: 'user' }] },
    });
    expect(table && mappedColumns(table)).toEqual(['id', 'old', 'new', 'at']);
  });
});

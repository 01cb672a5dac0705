import { expect, test } from 'vitest';
import { createDeadLetterTable } from '../../support/dead-letter-table.ts';
import { connect, createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { letter, openLetters, rows, setAside } from './letter-case.ts';

const IDS = {
  'of 10 kB': 'x'.repeat(10_240),
  'of 10 kB, which differs at its end': `${'x'.repeat(10_239)}y`,
  'beyond ASCII': 'Müller — 日本 🦊',
  'with what escapes are made of': 'a\\u0041\\\\b"\',{}\n\t\u0001',
  'of two columns': '1:a%3Ab',
};

const TEXTS = {
  message: 'nul \0, half a pair \ud83e, \u2028 and 🦊 é',
  record: '{"v":"nul \\u0000, half a pair \\ud83e and 🦊 é"}',
};

async function keepsAll(database: Pick<TestDatabase, 'url' | 'slot' | 'client'>): Promise<void> {
  await createDeadLetterTable(database);
  await using letters = await openLetters(database);
  const ids = Object.values(IDS);
  for (const attempt of [1, 2]) {
    await letters.apply(setAside(...ids.map((objectID) => letter({ ...TEXTS, index: 'ü/日本', objectID }))));
    expect((await rows(database)).map(({ attempts }) => attempts)).toEqual(ids.map(() => attempt));
  }
  await using next = await openLetters(database);
  for (const objectID of ids) {
    expect(next.mayHold('ü/日本', objectID)).toBe(true);
    expect(next.mayHold('ü/日本', `${objectID}?`)).toBe(false);
    await next.apply({ settled: [{ index: 'ü/日本', objectID }], emptied: [], setAside: [] });
  }
  expect(await rows(database)).toEqual([]);
}

test('whatever stands in objectIDs, messages and records, it is kept and found again', async () => {
  await using database = await createDatabase();
  await keepsAll(database);
});

test('what has Unicode stays what it is', async () => {
  await using database = await createDatabase();
  await createDeadLetterTable(database);
  await using letters = await openLetters(database);
  await letters.apply(setAside(letter({ objectID: IDS['beyond ASCII'], ...TEXTS })));
  expect(await rows(database)).toMatchObject([
    {
      object_id: IDS['beyond ASCII'],
      message: TEXTS.message.replaceAll(/[\0\ud83e](?!\udd8a)/g, '\ufffd'),
      record: TEXTS.record,
    },
  ]);
});

test('a database without these characters keeps them escaped', async () => {
  await using database = await createDatabase();
  const name = `${database.name}_latin1`;
  await database.client.query(
    `CREATE DATABASE ${name} TEMPLATE template0 ENCODING 'LATIN1' LC_COLLATE 'C' LC_CTYPE 'C'`,
  );
  const url = new URL(database.url);
  url.pathname = `/${name}`;
  const client = await connect(url.href);
  try {
    await keepsAll({ url: url.href, slot: database.slot, client });
    await using letters = await openLetters({ url: url.href, slot: database.slot });
    await letters.apply(setAside(letter({ objectID: 'é 🦊 \\', ...TEXTS })));
    expect(await rows({ client })).toMatchObject([
      {
        object_id: '\\u00e9 \\ud83e\\udd8a \\\\',
        record: '{"v":"nul \\u0000, half a pair \\ud83e and \\ud83e\\udd8a \\u00e9"}',
      },
    ]);
  } finally {
    await client.end();
    await database.client.query(`DROP DATABASE ${name} WITH (FORCE)`);
  }
});

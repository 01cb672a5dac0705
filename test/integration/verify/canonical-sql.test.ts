import fc from 'fast-check';
import { expect, test } from 'vitest';
import { canonicalJson } from '../../../src/verify/canonical-json.ts';
import { leafOf } from '../../../src/verify/leaf.ts';
import { isInSlice } from '../../../src/verify/windows.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';
import { evidenceSql } from './evidence-sql.ts';

const seed = Date.now() & 0x7fffffff;

/** Of a surrogate pair. */
const HALF = /\p{Surrogate}/u;

type Row = { readonly ours: string; readonly theirs: string };

/** The canonical form of each as we make it, and as SQL does. */
async function compared({ client }: TestDatabase, texts: readonly string[]): Promise<Row[]> {
  await client.query(await evidenceSql());
  const { rows } = await client.query<{ theirs: string }>(
    'SELECT pg_temp.canonical(text::jsonb) AS theirs FROM unnest($1::text[]) WITH ORDINALITY given(text, place) ORDER BY place',
    [texts],
  );
  return texts.map((text, at) => ({
    ours: canonicalJson(JSON.parse(text)),
    theirs: rows[at]?.theirs ?? 'nothing',
  }));
}

const differing = (rows: readonly Row[]): readonly Row[] =>
  rows.filter(({ ours, theirs }) => ours !== theirs);

function double(bits: bigint): number {
  return new DataView(BigUint64Array.of(bits).buffer).getFloat64(0, true);
}

test('numbers are the same in SQL: all exponents, halves between doubles, what is too great or too small', async () => {
  await using database = await createDatabase();
  const bits = fc.sample(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { seed, numRuns: 4_000 });
  const anywhere = bits.map(double).filter(Number.isFinite);
  const powers = Array.from({ length: 2_098 }, (_, at) => 2 ** (at - 1_074)).filter(Number.isFinite);
  // Beyond 2^53 the shortest decimal may lie exactly between two doubles.
  const ties = fc
    .sample(fc.tuple(fc.integer({ min: 53, max: 90 }), fc.bigInt({ min: 0n, max: 2n ** 53n })), {
      seed,
      numRuns: 4_000,
    })
    .flatMap(([exponent, some]) => {
      const step = 10n ** BigInt(Math.max(1, Math.floor((exponent - 52) * Math.LOG10E * Math.LN2)));
      const near = ((some + 2n ** 53n) * 2n ** BigInt(exponent - 53)) / step;
      return [Number(near * step), Number(near * step + step)];
    });
  const decimals = fc.sample(fc.tuple(fc.integer(), fc.integer({ min: 0, max: 20 })), {
    seed,
    numRuns: 2_000,
  });
  const edges = [
    ...['0', '-0', '-0.0', '1.0', '1e3', '0.1', '0.30000000000000004', '1e21', '1e-7', '123e-20', '-1.50'],
    ...['9007199254740991', '9007199254740993', '18014398509481990', '12345678901234567890', '5e-324'],
    ...['2e-324', '3e-324', '1e-400', '1e308', '1.7976931348623157e308', '1.7976931348623158e308', '1e309'],
    ...['-1e400', '1e1000', '5.684341886080802e-14', '1152921504606846976', '2.4703282292062327e-324'],
  ];
  const numbers = [...anywhere, ...powers, ...powers.map((power) => -power * 1.5), ...ties];
  const texts = [
    ...edges,
    ...numbers.filter(Number.isFinite).map(String),
    ...decimals.map(([digits, places]) => `${digits}e-${places}`),
  ];
  const rows = await compared(database, texts);
  expect(rows.filter(({ ours }) => /^-?\d{17,}$/.test(ours)).length).toBeGreaterThan(1_000);
  expect(differing(rows), `seed ${seed}`).toEqual([]);
});

test('strings, names and nesting are the same in SQL', async () => {
  await using database = await createDatabase();
  // Neither U+0000 nor half a pair is in a jsonb.
  const storable = fc
    .string({ unit: 'binary', maxLength: 12 })
    .filter((text) => !text.includes('\0') && !HALF.test(text));
  const { value } = fc.letrec((tie) => ({
    value: fc.oneof(
      { maxDepth: 5 },
      fc.constant(null),
      fc.boolean(),
      storable,
      fc.integer(),
      tie('list'),
      tie('object'),
    ),
    list: fc.array(tie('value'), { maxLength: 5 }),
    object: fc.dictionary(storable, tie('value'), { maxKeys: 6 }),
  }));
  const singles = Array.from({ length: 0x2fff }, (_, at) => String.fromCodePoint(at + 1)).filter(
    (text) => !HALF.test(text),
  );
  const texts = [
    ...fc.sample(value, { seed, numRuns: 2_000 }).map((each) => JSON.stringify(each)),
    ...singles.map((text) => JSON.stringify({ [text]: text })),
    JSON.stringify(
      Object.fromEntries(
        ['\u{1f600}', '\uffff', '\ue000', 'z', 'Z', 'é', '10', '9', ''].map((key) => [key, 0]),
      ),
    ),
    '{"a":1,"\\u0061":2,"A":{"b":[],"b":{}}}',
    `${'['.repeat(100)}${']'.repeat(100)}`,
  ];
  expect(differing(await compared(database, texts)), `seed ${seed}`).toEqual([]);
});

test('a leaf is the same in SQL', async () => {
  await using database = await createDatabase();
  await database.client.query(await evidenceSql());
  const ids = ['1', '', 'a%3Ab:c', 'é\u{1f600}', 'a\nb'];
  const mapped = '{"b":1.50,"a":{"é":[null,true,"\\u2028"]}}';
  const { rows } = await database.client.query<{ leaf: string }>(
    'SELECT pg_temp.leaf(id, $2::jsonb) AS leaf FROM unnest($1::text[]) WITH ORDINALITY given(id, place) ORDER BY place',
    [ids, mapped],
  );
  expect(rows.map(({ leaf }) => leaf)).toEqual(ids.map((id) => leafOf(id, JSON.parse(mapped))));
});

test('an objectID falls into the same slice in SQL', async () => {
  await using database = await createDatabase();
  await database.client.query(await evidenceSql());
  const storable = fc
    .string({ unit: 'binary', maxLength: 20 })
    .filter((text) => !text.includes('\0') && !HALF.test(text));
  const ids = [
    ...['', '1', '9223372036854775807', 'a%3Ab:c', 'é\u{1f600}', '\u{10ffff}\u{10000}', '\uffff', ' \n'],
    ...fc.sample(storable, { seed, numRuns: 2_000 }),
  ];
  for (const of of [2, 3, 7, 1_024]) {
    const { rows } = await database.client.query<{ slice: number }>(
      'SELECT pg_temp.slice(id, $2) AS slice FROM unnest($1::text[]) WITH ORDINALITY given(id, place) ORDER BY place',
      [ids, of],
    );
    const wrong = ids.filter((id, place) => !isInSlice(id, { at: rows[place]?.slice ?? -1, of }));
    expect(wrong, `seed ${seed}`).toEqual([]);
  }
});

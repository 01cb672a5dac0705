import fc from 'fast-check';
import { expect, test } from 'vitest';
import { pgoutput, wal2json } from '../../../src/replication/output-plugin.ts';
import { table } from './wal2json-text.ts';

const SEPARATORS = new Set([',', ' ', '\t', '\n', '\v', '\f', '\r']);

/** Reads a list of tables as wal2json does: at commas and white space, then at the first dot, each but behind a backslash. */
function tablesIn(list: string): string[][] {
  const tables: string[][] = [['']];
  const characters = [...list];
  for (let at = 0; at < characters.length; at++) {
    let character = characters[at] as string;
    const parts = tables.at(-1) as string[];
    if (character === ',') tables.push(['']);
    else if (character === '.' && parts.length === 1) parts.push('');
    else {
      expect(SEPARATORS).not.toContain(character);
      expect([character, characters[at - 1]]).not.toEqual(['*', '.']);
      if (character === '\\') character = characters[++at] as string;
      parts.push(parts.pop() + character);
    }
  }
  return tables;
}

test('any names of schemas and tables are found again in add-tables', () => {
  const name = fc.string({ unit: fc.constantFrom(...'ab.,*\\ \t\n\'"é'), minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(fc.array(fc.tuple(name, name), { minLength: 1, maxLength: 3 }), (names) => {
      const { options } = wal2json(names.map(([schema, each]) => ({ ...table, schema, name: each })));
      const literal = /"add-tables" '((?:[^']|'')*)'$/s.exec(options)?.[1] ?? '';
      expect(tablesIn(literal.replaceAll("''", "'"))).toEqual(names);
    }),
    { verbose: 1 },
  );
});

test('publications are identifiers inside a string', () => {
  expect(pgoutput(['plain', `o'"d`]).options).toContain(`"publication_names" '"plain","o''""d"'`);
});

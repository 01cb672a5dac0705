import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { configReference } from '../../../src/config/reference.ts';

const README = new URL('../../../README.md', import.meta.url);

it('lists every key and variable in the README', async () => {
  const wanted = configReference();
  const readme = await readFile(README, 'utf8');
  const block = /<!-- config:begin -->\n+([\s\S]*?)\n+<!-- config:end -->/.exec(readme)?.[1];
  expect(
    block,
    `between <!-- config:begin --> and <!-- config:end --> the README needs exactly:\n\n${wanted}\n`,
  ).toBe(wanted);
});

it('knows the variables and defaults', () => {
  const table = configReference();
  expect(table).toContain('| `postgres.url` | `DATABASE_URL`, `DATABASE_URL_FILE` | required |');
  expect(table).toContain('| `memory.inFlightBytesMax` |  | `67108864` |');
  expect(table).toContain('`WAL2ALGOLIA_PSEUDONYM_KEY_FILE`');
});

it('says of each what it is for', () => {
  const [, , ...rows] = configReference().split('\n');
  expect(rows.length).toBeGreaterThan(50);
  expect(rows.filter((row) => row.endsWith('|  |'))).toEqual([]);
});

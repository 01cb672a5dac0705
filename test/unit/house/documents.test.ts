import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = fileURLToPath(new URL('../../..', import.meta.url));
const decisions = readdirSync(join(root, 'docs/decisions')).filter((name) => name.endsWith('.md'));
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
];
const read = (path: string) => readFileSync(join(root, path), 'utf8');

/** Links to files of ours: neither addresses nor places in the same page. */
const localLinks = (text: string) =>
  [...text.matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)/g)].map((match) => match[1] ?? '');

test('the documents link to each other', () => {
  expect(documents.flatMap((path) => localLinks(read(path))).length).toBeGreaterThan(decisions.length);
});

test.each(documents)('%s links only to files that exist', (path) => {
  const missing = localLinks(read(path)).filter((link) => !existsSync(join(root, dirname(path), link)));
  expect(missing).toEqual([]);
});

test.each(decisions)('decision %s has its three parts and stands in ARCHITECTURE.md', (name) => {
  const headings = [...read(join('docs/decisions', name)).matchAll(/^## (.+)$/gm)].map((match) => match[1]);
  expect(headings).toEqual(['Context', 'Decision', 'Consequences']);
  expect(read('ARCHITECTURE.md')).toContain(`docs/decisions/${name}`);
});

test('every folder and file directly below src stands in the codemap', () => {
  const rooms = readdirSync(join(root, 'src'), { withFileTypes: true })
    .filter((entry) => !entry.isDirectory() || readdirSync(join(root, 'src', entry.name)).length > 0)
    .map((entry) => (entry.isDirectory() ? `${entry.name}/` : entry.name));
  const codemap = read('ARCHITECTURE.md');
  expect(rooms.length).toBeGreaterThan(5);
  expect(rooms.filter((room) => !codemap.includes(`\`${room}\``))).toEqual([]);
});

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const read = (name: string) => readFileSync(new URL(`../../../${name}`, import.meta.url), 'utf8');
const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;

test.each(['dependencies', 'optionalDependencies', 'devDependencies'])('%s are pinned exactly', (group) => {
  const versions = Object.entries(manifest[group] ?? {});
  expect(versions.length).toBeGreaterThan(0);
  const loose = versions.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version));
  expect(loose).toEqual([]);
});

test('the lock file names no registry, so that each clone uses its own', () => {
  expect(read('package-lock.json')).not.toMatch(/"resolved": "http/);
});

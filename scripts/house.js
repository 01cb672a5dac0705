import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { cruise } from 'dependency-cruiser';
import { hasRoom, ruleSet } from './room-rules.js';
import { fileViolations, sourceViolations } from './source-rules.js';

/** Every file of our own code below `folder` of `root`, with its text and its path as `src/...`, sorted. */
export function codeFiles(root, folder) {
  return readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]sx?$/.test(entry.name))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .filter((file) => !file.startsWith('test/fixtures/'))
    .sort()
    .map((file) => ({ file, text: readFileSync(join(root, file), 'utf8') }));
}

/** Files that the cruise should have read and did not: a tool that reads nothing finds nothing. */
export const unread = (files, cruised) => files.filter((file) => !cruised.has(file));

/**
 * Cruises src of `root` and reads every file of it.
 * `violations` holds one `{file, rule, to?}` per breach, `cruised` the files that dependency-cruiser read.
 */
export async function inspect(root) {
  const { output } = await cruise(
    ['src'],
    {
      baseDir: root,
      ruleSet: ruleSet(),
      validate: true,
      tsPreCompilationDeps: true,
      doNotFollow: { path: 'node_modules' },
    },
    {
      extensions: ['.ts', '.js', '.d.ts'],
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  );
  const cruised = new Set(output.modules.map((module) => module.source));
  const files = codeFiles(root, 'src');
  const violations = [
    ...output.summary.violations.map(({ rule, from, to }) => ({ file: from, rule: rule.name, to })),
    ...files.flatMap(({ file, text }) =>
      [...fileViolations(file, text), ...sourceViolations(file, text)].map((rule) => ({ file, rule })),
    ),
    ...files.filter(({ file }) => !hasRoom(file)).map(({ file }) => ({ file, rule: 'no-room' })),
  ];
  return { files, cruised, violations };
}

import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { codeFiles, inspect, unread } from './house.js';
import { ruleSet } from './room-rules.js';
import { linesPerFileMax, packages, rooms } from './rooms.js';
import { fileViolations, lineCount, sourceRules } from './source-rules.js';

const root = fileURLToPath(new URL('..', import.meta.url)).replace(/[\\/]$/, '');
const planted = fileURLToPath(new URL('../test/fixtures/rooms', import.meta.url));
const problems = [];

/** Names in the table that stand for nothing would allow nothing and forbid nothing. */
function checkTable() {
  const places = [...Object.values(rooms), ...Object.values(packages)].flatMap((row) => [
    ...row.value,
    ...row.types,
  ]);
  for (const place of places) {
    const known = Object.keys(rooms).some((room) => place === room || place.startsWith(`${room}/`));
    if (!known) problems.push(`scripts/rooms.js: ${place} is no room`);
  }
  const { dependencies } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8'));
  const listed = Object.keys(packages);
  for (const name of Object.keys(dependencies))
    if (!listed.includes(name)) problems.push(`scripts/rooms.js: package ${name} has no owner`);
  for (const name of listed)
    if (!(name in dependencies)) problems.push(`scripts/rooms.js: ${name} is no dependency`);
}

/** Each planted file names on its first line the rules that must be reported for it, and no other may be. */
async function checkGuards() {
  const { files, cruised, violations } = await inspect(planted);
  let plants = 0;
  const notPlanted = new Set([...ruleSet().forbidden.map((rule) => rule.name), ...sourceRules]);
  for (const { file, text } of files) {
    const expected = /^\/\/ reported: ?(.*)$/m.exec(text)?.[1]?.split(' ').filter(Boolean).sort() ?? [];
    const found = violations
      .filter((violation) => violation.file === file)
      .map((violation) => violation.rule);
    const reported = [...new Set(found)].sort();
    for (const rule of expected) notPlanted.delete(rule);
    plants += expected.length;
    if (expected.join() !== reported.join())
      problems.push(`test/fixtures/rooms/${file}: expected [${expected}], reported [${reported}]`);
  }
  const tooLong = '\n'.repeat(linesPerFileMax + 1);
  if (!fileViolations('src/errors.ts', tooLong).includes('file-too-long'))
    problems.push('a file that is too long was not reported');
  if (unread(['src/never-cruised.ts'], cruised).length !== 1)
    problems.push('an unread file was not reported');
  notPlanted.delete('file-too-long');
  for (const rule of notPlanted) problems.push(`test/fixtures/rooms: no file breaks the rule ${rule}`);
  return plants + 2;
}

async function checkHouse() {
  const { files, cruised, violations } = await inspect(root);
  if (files.length === 0) problems.push('src: no files');
  for (const file of unread(
    files.map(({ file }) => file),
    cruised,
  ))
    problems.push(`${file}: was not cruised`);
  for (const { file, rule, to } of violations)
    problems.push(`${file}: ${rule}${to && to !== file ? ` -> ${to}` : ''}`);
  for (const { file, text } of [...codeFiles(root, 'test'), ...codeFiles(root, 'scripts')])
    for (const rule of fileViolations(file, text)) problems.push(`${file}: ${rule}`);
  return files.map(({ text }) => lineCount(text)).sort((a, b) => a - b);
}

checkTable();
const plants = await checkGuards();
const lengths = await checkHouse();
for (const problem of problems) console.error(problem);
console.log(
  `rooms: ${lengths.length} files cruised, lines median ${lengths[lengths.length >> 1] ?? 0} max ${lengths.at(-1) ?? 0} ` +
    `(limit ${linesPerFileMax}), ${plants} planted violations, ${problems.length} problems`,
);
process.exitCode = problems.length === 0 ? 0 : 1;

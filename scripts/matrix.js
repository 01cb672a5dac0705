import { countsOf, majors } from './suites.js';

const REST = 'all others';

/** Which column a file's tests count in: the folder of an integration test that some version suite has as well, else the last. */
function columnOf(path, versionFolders) {
  const folder = path.split('/')[2];
  return versionFolders.has(folder) && path.startsWith('test/integration/') ? folder : REST;
}

function cell(files) {
  if (files.length === 0) return '-';
  const { passed, failed, skipped } = countsOf(files);
  return [`${passed} passed`, failed > 0 && `${failed} failed`, skipped > 0 && `${skipped} skipped`]
    .filter((part) => part !== false && part !== '0 passed')
    .join(', ');
}

/**
 * Version by suite, as lines of a Markdown table. The rows are the majors, those of which nothing is known included; the columns the
 * folders of test/integration that run on several versions, and all other tests that use a Postgres.
 */
export function matrix({ projects, files }) {
  const rows = majors.map((major) => {
    const own = projects.filter(
      ({ name, postgres }) => postgres?.split('.')[0] === String(major) || name === `postgres-${major}`,
    );
    const names = own.map(({ name }) => name);
    return {
      version: own.find(({ postgres }) => postgres !== undefined)?.postgres ?? String(major),
      files: files.filter((file) => names.includes(file.project)),
    };
  });
  const isVersionSuite = ({ project }) => project.startsWith('postgres-') || project === 'wal2json';
  const versionFolders = new Set(files.filter(isVersionSuite).map(({ path }) => path.split('/')[2]));
  const columns = [...[...versionFolders].sort(), REST];
  const cells = rows.map(({ version, files: own }) => [
    version,
    ...columns.map((column) => cell(own.filter(({ path }) => columnOf(path, versionFolders) === column))),
  ]);
  return table([['Postgres', ...columns], ...cells]);
}

function table(rows) {
  const widths = rows[0].map((_, column) => Math.max(...rows.map((row) => row[column].length)));
  const line = (row) => `| ${row.map((text, column) => text.padEnd(widths[column])).join(' | ')} |`;
  return [
    line(rows[0]),
    `|${widths.map((width) => '-'.repeat(width + 2)).join('|')}|`,
    ...rows.slice(1).map(line),
  ];
}

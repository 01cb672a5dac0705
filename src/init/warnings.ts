import type { FoundTable } from '../database/found-tables.ts';
import type { TableProposal } from './proposal.ts';
import { weakness } from './row-key.ts';

/** What the catalog says beside the columns. */
export type Surroundings = {
  /** As `server_version_num`. */
  readonly serverVersion: number;
  readonly role: string;
  /** Whether updates and deletes would say which row they are about, with every partition. */
  readonly identityHolds: boolean;
};

const COLUMN_LISTS = 150_000;
const RECORD_BYTES_MAX = 10_000;

/** What the operator should know of a proposal before `setup`, the gravest first. */
export function warnings(proposal: TableProposal, surroundings: Surroundings): readonly string[] {
  return [
    ...keyWarnings(proposal),
    ...identityWarnings(proposal, surroundings),
    ...rightWarnings(proposal.table, surroundings),
    ...shownKeyWarnings(proposal),
    ...publicationWarnings(proposal, surroundings),
    ...zoneWarnings(proposal),
    ...rowWarnings(proposal),
  ];
}

function keyWarnings({ table, key }: TableProposal): string[] {
  if (key.isSure) return [];
  const columns = key.columns.join(', ');
  const weak = table.uniqueIndexes.map((index) => `${index.name} ${weakness(index)}`);
  const found = weak.length === 0 ? 'there is none' : weak.join(', ');
  return [
    `no unique index covers the objectID (${columns}): ${found}. Two rows that share it become one record, a row without it becomes a dead letter. ALTER TABLE ... ADD PRIMARY KEY, or a unique index on columns that are NOT NULL, makes sure of it.`,
  ];
}

function identityWarnings({ key, operations }: TableProposal, { identityHolds }: Surroundings): string[] {
  if (identityHolds && key.isSure) return [];
  const doesNot = 'its replica identity does not tell rows apart, so updates and deletes cannot be followed';
  return identityHolds
    ? []
    : [
        operations === undefined
          ? `${doesNot}: inserts only, until it has a primary key or a REPLICA IDENTITY.`
          : `${doesNot}. Inserts are all that is configured.`,
      ];
}

function rightWarnings({ owner, isOwned }: FoundTable, { role }: Surroundings): string[] {
  if (isOwned) return [];
  return [
    `it belongs to role "${owner}", and role "${role}" may not publish it: give \`setup\` a connection of the owner's in WAL2ALGOLIA_SETUP_DATABASE_URL.`,
  ];
}

function shownKeyWarnings({ columns }: TableProposal): string[] {
  const shown = columns.filter(({ isKey, mark }) => isKey && mark.tag !== 'indexed');
  return shown.map(
    ({ column }) =>
      `the objectID shows "${column.name}" as it stands, and everybody who finds a record sees it: an index that is unique without that column would do better.`,
  );
}

function publicationWarnings({ table, columns }: TableProposal, { serverVersion }: Surroundings): string[] {
  const notices: string[] = [];
  if (table.kind === 'partitioned') notices.push('it is partitioned, and published by its root.');
  if (serverVersion < COLUMN_LISTS && columns.some(({ mark }) => mark.tag === 'dropped'))
    notices.push(
      'before Postgres 15 every column is published: what is dropped reaches the pipeline, and ends there.',
    );
  return notices;
}

function zoneWarnings({ columns }: TableProposal): string[] {
  const byZone = new Map<string, string[]>();
  for (const { column, zone } of columns) {
    if (zone === undefined) continue;
    const text = `${zone.timeZone}, since ${zone.because}`;
    byZone.set(text, [...(byZone.get(text) ?? []), column.name]);
  }
  return [...byZone].map(
    ([text, names]) =>
      `${names.join(', ')} without time zone ${names.length === 1 ? 'is' : 'are'} read as ${text}. If the application writes in another zone, say so in \`timeZone\`.`,
  );
}

function rowWarnings({ table: { rowsEstimate, bytesEstimate } }: TableProposal): string[] {
  if (rowsEstimate === null)
    return [
      'how many rows it has is not known (ANALYZE counts); those that are there are not loaded by `run`: see "Rows that should be read again".',
    ];
  if (rowsEstimate === 0) return [];
  const rowBytes = bytesEstimate / rowsEstimate;
  const rows = Math.round(rowsEstimate).toLocaleString('en-US');
  return [
    `about ${rows} rows are there already, and are not loaded by \`run\`: see "Rows that should be read again" in docs/operations.md.`,
    ...(rowBytes > RECORD_BYTES_MAX
      ? [
          'its rows have more than 10 kB on average, and records may have no more than algolia.recordBytesMax: `oversize: "cut"` on the table cuts them.',
        ]
      : []),
  ];
}

import { setUpDatabase } from '../../../src/database/setup/setup.ts';
import type { SetupOptions } from '../../../src/database/setup/setup-options.ts';
import type { TestDatabase } from '../../support/postgres.ts';

type Operations = readonly ('insert' | 'update' | 'delete' | 'truncate')[];

export type FilteredTables = Readonly<
  Record<string, { readonly filter?: string; readonly operations?: Operations; readonly columns?: string[] }>
>;

/** What `setup` does in Postgres, in this process. Tables of the schema public, by name; their key is `id`. */
export function setUpFilters(
  database: Pick<TestDatabase, 'url' | 'slot' | 'publication'>,
  tables: FilteredTables,
  more: Partial<SetupOptions> & { readonly dryRun?: boolean } = {},
) {
  const { dryRun = false, ...options } = more;
  const wanted = Object.entries(tables).map(
    ([name, { columns, ...table }]) => [`public.${name}`, { objectID: ['id'], columns, ...table }] as const,
  );
  return setUpDatabase(
    database.url,
    'filters',
    {
      slot: database.slot,
      publications: [database.publication],
      plugin: 'pgoutput',
      tables: new Map(wanted),
      runRole: undefined,
      ...options,
    },
    dryRun,
  );
}

/** A column of every kind that a filter may be about, and some that it may not. */
export const EVERY_KIND = `(id int PRIMARY KEY, tenant varchar(20), note text, "Größe" int, flag boolean, data jsonb,
  occurred_at timestamptz, day date, amount numeric(10, 2), tags text[], mood mood, doubled int GENERATED ALWAYS AS (id * 2) STORED)`;
export const MOOD = `CREATE TYPE mood AS ENUM ('fine', 'bad')`;

export const SOME_ROWS = `(1, 'internal', NULL, 1, true, '{"kind": "x", "a": 1}', '2025-12-31 23:59:59Z', '2025-12-31', 1.5, '{x}', 'fine'),
  (2, 'acme', 'it''s — 🦊', 2, false, '{"kind": "y"}', '2026-01-01 00:00:00Z', '2026-01-02', 2.5, '{x,y}', 'bad'),
  (3, NULL, 'plain', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
  (4, 'a--b', '', 11, true, '[]', 'infinity', '-infinity', 7, '{}', 'fine')`;

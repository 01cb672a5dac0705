import type { Client } from 'pg';
import { GapError, PreconditionError } from '../../errors.ts';
import { formatLsn, type Lsn } from '../../lsn.ts';
import { qualified } from '../quoting.ts';
import type { Server } from '../server.ts';
import { splitQualifiedName } from '../tables.ts';

/** A table whose updates and deletes can be told: by its replica identity as the server sees it. */
const HAS_IDENTITY = `c.relreplident = 'f' OR EXISTS (
  SELECT FROM pg_index i WHERE i.indrelid = c.oid AND i.indisvalid AND i.indimmediate
    AND CASE c.relreplident WHEN 'd' THEN i.indisprimary WHEN 'i' THEN i.indisreplident ELSE false END)`;

type Row = { name: string; kind: string | null; persistence: string | null; hasIdentity: boolean };

/**
 * wal2json knows no publication: it picks tables by name, and leaves out in silence what it cannot tell. Throws a PreconditionError for
 * what would be lost that way.
 */
export async function checkNamedTables(
  client: Client,
  server: Server,
  names: readonly string[],
): Promise<void> {
  if (server.encoding !== 'UTF8') {
    throw new PreconditionError(
      `database "${server.database}" has the encoding ${server.encoding}, which wal2json does not convert to UTF-8`,
      { remedy: 'Use a database with the encoding UTF8, or the plugin pgoutput (`replication.plugin`).' },
    );
  }
  const parts = names.map(splitQualifiedName);
  const { rows } = await client.query<Row>(
    `SELECT w.configured AS name, c.relkind::text AS kind, c.relpersistence::text AS persistence, ${HAS_IDENTITY} AS "hasIdentity"
     FROM unnest($1::text[], $2::name[], $3::name[]) WITH ORDINALITY w(configured, nspname, relname, place)
     LEFT JOIN (pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace) ON n.nspname = w.nspname AND c.relname = w.relname
     ORDER BY w.place`,
    [names, parts.map(({ schema }) => schema), parts.map(({ name }) => name)],
  );
  for (const row of rows) {
    const found = problem(row, server);
    if (found !== undefined) throw found;
  }
}

function problem(
  { name, kind, persistence, hasIdentity }: Row,
  server: Server,
): PreconditionError | undefined {
  if (kind === null || !['r', 'p'].includes(kind)) {
    return new PreconditionError(`table ${name} does not exist in database "${server.database}"`, {
      remedy:
        'Correct its name under `tables`. If it was renamed: wal2json sends what was written before under the old name, so name it back, let the pipeline catch up and stop it, rename it then; or compare table and index (`wal2algolia verify`).',
    });
  }
  if (kind === 'p') {
    return new PreconditionError(
      `table ${name} is partitioned, and wal2json sends its rows as those of its partitions`,
      {
        remedy: 'Configure its partitions, or use the plugin pgoutput (`replication.plugin`).',
      },
    );
  }
  if (persistence !== 'p') {
    return new PreconditionError(`table ${name} is unlogged: its rows are not in the WAL`, {
      remedy: `ALTER TABLE ${qualified(splitQualifiedName(name))} SET LOGGED.`,
    });
  }
  if (!hasIdentity) {
    return new PreconditionError(
      `table ${name} has no replica identity, and wal2json would leave out its updates and deletes in silence`,
      {
        remedy: `Give it a primary key or ALTER TABLE ${qualified(splitQualifiedName(name))} REPLICA IDENTITY FULL, or use the plugin pgoutput with a publication of inserts alone.`,
      },
    );
  }
  return undefined;
}

/**
 * SQL for one text that changes whenever one of the tables gets another name or schema, is made anew, or loses its replica identity. A
 * name that was given back shows as well: renaming writes the row of the table's type, which hardly anything else does. `$names`
 * stands where the qualified names' parameter goes.
 */
export function namedTablesFingerprintSql(names: string): string {
  return `(SELECT coalesce(md5(string_agg(concat_ws(':', c.oid, t.xmin::text, ${HAS_IDENTITY}), ',' ORDER BY c.oid)), '')
    FROM unnest(${names}::text[]) w(name)
    JOIN pg_namespace n ON n.nspname = split_part(w.name, '.', 1)::name
    JOIN pg_class c ON c.relnamespace = n.oid AND c.relname = substr(w.name, strpos(w.name, '.') + 1)::name
    JOIN pg_type t ON t.oid = c.reltype)`;
}

/** The gap that renamed tables leave between two positions. */
export function namedTablesGap(from: Lsn, to: Lsn): GapError {
  return new GapError(
    `a table was renamed, made anew or lost its replica identity between ${formatLsn(from)} and ${formatLsn(to)}: wal2json may not have sent rows committed in between, nor will it`,
    {
      remedy:
        'Correct `tables`, start again, and compare table and index for that time (`wal2algolia verify --repair`). Stop the pipeline, once it has caught up, before renaming its tables.',
    },
  );
}

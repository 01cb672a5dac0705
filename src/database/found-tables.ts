import type { Client } from 'pg';
import { OWN_SCHEMA } from '../own-schema.ts';

export type FoundColumn = {
  readonly name: string;
  /** Of the type below domains, as Postgres names it, without modifiers; of an array, that of its elements. */
  readonly type: string;
  /** https://www.postgresql.org/docs/current/catalog-pg-type.html#CATALOG-TYPCATEGORY-TABLE */
  readonly category: string;
  readonly isArray: boolean;
  readonly isNotNull: boolean;
  readonly isGenerated: boolean;
  /** Identity, or filled from a sequence. */
  readonly isCounted: boolean;
  readonly hasDefault: boolean;
};

/** An index that is declared unique, and what keeps it from telling every row apart. */
export type UniqueIndex = {
  readonly name: string;
  /** Those of its columns that are columns. */
  readonly columns: readonly string[];
  readonly isPrimary: boolean;
  readonly isPartial: boolean;
  readonly hasExpressions: boolean;
  readonly isDeferrable: boolean;
  readonly allowsNull: boolean;
  /** Some of its columns are generated, and so not in the WAL. */
  readonly hasGenerated: boolean;
};

export type FoundTable = {
  /** As in the configuration: `schema.table`. */
  readonly qualifiedName: string;
  readonly schema: string;
  readonly name: string;
  readonly kind: 'table' | 'partitioned' | 'view' | 'materialized view' | 'foreign table';
  readonly isLogged: boolean;
  /** What it is a partition of, at the top. */
  readonly root: string | null;
  readonly isOfExtension: boolean;
  readonly owner: string;
  /** Whether the role that asks may act as the owner. */
  readonly isOwned: boolean;
  /** As the last ANALYZE or VACUUM left them; null before the first. */
  readonly rowsEstimate: number | null;
  readonly bytesEstimate: number;
  /** In their order. */
  readonly columns: readonly FoundColumn[];
  readonly uniqueIndexes: readonly UniqueIndex[];
};

const KINDS = `CASE c.relkind WHEN 'r' THEN 'table' WHEN 'p' THEN 'partitioned' WHEN 'v' THEN 'view'
  WHEN 'm' THEN 'materialized view' ELSE 'foreign table' END`;

const COLUMNS = `SELECT json_agg(json_build_object(
    'name', a.attname, 'type', format_type(e.oid, NULL), 'category', e.typcategory, 'isArray', b.typcategory = 'A',
    'isNotNull', a.attnotnull, 'isGenerated', a.attgenerated <> '',
    'isCounted', a.attidentity <> '' OR EXISTS (SELECT FROM pg_depend p JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
      WHERE p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass),
    'hasDefault', d.oid IS NOT NULL) ORDER BY a.attnum)
  FROM pg_attribute a LEFT JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  CROSS JOIN LATERAL (
    WITH RECURSIVE under AS (
      SELECT t.* FROM pg_type t WHERE t.oid = a.atttypid
      UNION ALL SELECT t.* FROM under JOIN pg_type t ON t.oid = under.typbasetype WHERE under.typtype = 'd')
    SELECT under.* FROM under WHERE typtype <> 'd') b
  JOIN pg_type e ON e.oid = CASE WHEN b.typcategory = 'A' THEN b.typelem ELSE b.oid END
  WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped`;

const UNIQUE_INDEXES = `SELECT json_agg(json_build_object(
    'name', x.relname, 'columns', coalesce(k.names, '{}'), 'isPrimary', i.indisprimary, 'isPartial', i.indpred IS NOT NULL,
    'hasExpressions', i.indexprs IS NOT NULL, 'isDeferrable', NOT i.indimmediate, 'allowsNull', coalesce(k.nullable, false),
    'hasGenerated', coalesce(k.generated, false)) ORDER BY i.indisprimary DESC, i.indnkeyatts, i.indkey::int2[])
  FROM pg_index i JOIN pg_class x ON x.oid = i.indexrelid
  CROSS JOIN LATERAL (
    SELECT array_agg(a.attname ORDER BY u.place) AS names, bool_or(NOT a.attnotnull) AS nullable,
           bool_or(a.attgenerated <> '') AS generated
    FROM unnest((i.indkey::int2[])[0:i.indnkeyatts - 1]) WITH ORDINALITY u(attnum, place)
    JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = u.attnum) k
  WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid`;

/** Of a partitioned table, what its partitions have together. Nothing is asked that would wait for a lock on a table. */
const SIZES = `SELECT sum(nullif(leaf.reltuples, -1))::float8 AS rows,
    (sum(leaf.relpages::int8 + coalesce(t.relpages, 0)) * current_setting('block_size')::int8)::float8 AS bytes
  FROM family f JOIN pg_class leaf ON leaf.oid = f.oid AND leaf.relkind <> 'p'
  LEFT JOIN pg_class t ON t.oid = leaf.reltoastrelid WHERE f.root = c.oid`;

/**
 * Every table and view outside the system's schemas and ours, by name, as the catalog has it: no row is read, and hardly a right
 * is needed. Rejects with `pg`'s error.
 */
export async function readFoundTables(client: Client): Promise<readonly FoundTable[]> {
  const { rows } = await client.query<FoundTable>(
    `WITH RECURSIVE family AS (
       SELECT c.oid AS root, c.oid FROM pg_class c WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f')
       UNION ALL SELECT f.root, i.inhrelid FROM family f JOIN pg_class p ON p.oid = f.oid AND p.relkind = 'p'
       JOIN pg_inherits i ON i.inhparent = f.oid)
     SELECT n.nspname || '.' || c.relname AS "qualifiedName", n.nspname AS schema, c.relname AS name, ${KINDS} AS kind,
            c.relpersistence = 'p' AS "isLogged",
            (SELECT s.nspname || '.' || r.relname FROM pg_class r JOIN pg_namespace s ON s.oid = r.relnamespace
             WHERE c.relispartition AND r.oid = pg_partition_root(c.oid)) AS root,
            EXISTS (SELECT FROM pg_depend d WHERE d.classid = 'pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e') AS "isOfExtension",
            pg_get_userbyid(c.relowner) AS owner, pg_has_role(c.relowner, 'USAGE') AS "isOwned",
            size.rows AS "rowsEstimate", coalesce(size.bytes, 0) AS "bytesEstimate",
            coalesce((${COLUMNS}), '[]') AS columns, coalesce((${UNIQUE_INDEXES}), '[]') AS "uniqueIndexes"
     FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace CROSS JOIN LATERAL (${SIZES}) size
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname !~ '^pg_' AND n.nspname NOT IN ('information_schema', $1)
     ORDER BY 2, 3`,
    [OWN_SCHEMA],
  );
  return rows;
}

/** By the name of a column, the expression that fills it where nothing is given. Waits for whoever alters the table. Rejects with `pg`'s error. */
export async function readDefaults(
  client: Client,
  { schema, name }: Pick<FoundTable, 'schema' | 'name'>,
): Promise<ReadonlyMap<string, string>> {
  const { rows } = await client.query<{ name: string; expression: string }>(
    `SELECT a.attname::text AS name, pg_get_expr(d.adbin, d.adrelid) AS expression
     FROM pg_attrdef d JOIN pg_attribute a ON a.attrelid = d.adrelid AND a.attnum = d.adnum AND a.attgenerated = ''
     JOIN pg_class c ON c.oid = d.adrelid JOIN pg_namespace n ON n.oid = c.relnamespace
     WHERE n.nspname = $1 AND c.relname = $2`,
    [schema, name],
  );
  return new Map(rows.map((row) => [row.name, row.expression]));
}

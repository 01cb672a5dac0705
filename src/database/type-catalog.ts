import type { Client } from 'pg';

/** What the encoder must know of a type that is not built in, or is an array, a domain or an enum. */
export type PgType = {
  readonly oid: number;
  readonly name: string;
  /** `pg_type.typtype`: b(ase), c(omposite), d(omain), e(num), m(ultirange), p(seudo), r(ange). */
  readonly kind: string;
  /** `pg_type.typcategory`: S(tring), N(umeric), A(rray), U(ser-defined) and others. */
  readonly category: string;
  /** Element type of a true array, else 0. */
  readonly elementOid: number;
  /** What separates elements in the array's text: `,` for all but box (`;`). */
  readonly delimiter: string;
  /** The type a domain is over, else 0. */
  readonly baseOid: number;
  /** The modifier that a domain gives its base type, else -1. */
  readonly baseModifier: number;
};

export type TypeCatalog = ReadonlyMap<number, PgType>;

/**
 * Every type that a column can have, rows of tables left out unless `asked` for: a few hundred entries, read once per session. Those of
 * `asked` that are not there were dropped since the change that names them; their values stay the text that they are.
 * https://www.postgresql.org/docs/current/catalog-pg-type.html
 */
export async function loadTypeCatalog(client: Client, asked: Iterable<number> = []): Promise<TypeCatalog> {
  const askedFor = [...asked];
  const { rows } = await client.query<PgType>(
    `
    SELECT t.oid::int8::float8 AS oid, t.typname AS name, t.typtype::text AS kind, t.typcategory::text AS category,
           CASE WHEN t.typsubscript = 'array_subscript_handler'::regproc THEN t.typelem ELSE 0 END::int8::float8 AS "elementOid",
           coalesce(e.typdelim, t.typdelim)::text AS delimiter,
           t.typbasetype::int8::float8 AS "baseOid", t.typtypmod AS "baseModifier"
    FROM pg_type t
    LEFT JOIN pg_type e ON e.oid = t.typelem
    LEFT JOIN pg_class c ON c.oid = coalesce(nullif(e.typrelid, 0), t.typrelid) AND c.relkind <> 'c'
    WHERE (c.oid IS NULL AND t.typtype <> 'p') OR t.oid = ANY ($1)`,
    [askedFor],
  );
  const catalog = new Map(rows.map((row) => [row.oid, row]));
  for (const oid of askedFor) if (!catalog.has(oid)) catalog.set(oid, dropped(oid));
  return catalog;
}

function dropped(oid: number): PgType {
  const name = 'dropped';
  return { oid, name, kind: 'b', category: 'U', elementOid: 0, delimiter: ',', baseOid: 0, baseModifier: -1 };
}

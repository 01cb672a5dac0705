import type { Client } from 'pg';

export type Comparison = {
  readonly rows: number;
  readonly records: number;
  readonly missing: readonly string[];
  readonly extra: readonly string[];
  readonly differing: readonly string[];
};

export type IndexAddress = { readonly url: string; readonly appId: string; readonly adminKey: string };

/**
 * Compares an index with what SQL says its records must be, by value and exactly: the records' JSON is read by Postgres alone, in which
 * numbers of any size keep their digits. `expectedSql` gives the columns `object_id` and `record` (jsonb, without `wal`).
 */
export async function compareIndex(
  client: Client,
  server: IndexAddress,
  index: string,
  expectedSql: string,
): Promise<Comparison> {
  await client.query(`CREATE TEMP TABLE IF NOT EXISTS indexed (object_id text PRIMARY KEY, record jsonb)`);
  await client.query('TRUNCATE indexed');
  let cursor: string | undefined;
  do {
    const page = await browse(server, index, cursor);
    await client.query(
      `INSERT INTO indexed SELECT hit->>'objectID', hit - 'wal' FROM jsonb_array_elements($1::jsonb->'hits') hit`,
      [page],
    );
    const { rows } = await client.query<{ cursor: string | null }>(`SELECT $1::jsonb->>'cursor' AS cursor`, [
      page,
    ]);
    cursor = rows[0]?.cursor ?? undefined;
  } while (cursor !== undefined);
  const { rows } = await client.query<Record<keyof Comparison, never>>(`
    WITH expected AS (${expectedSql}),
    joined AS (SELECT coalesce(e.object_id, i.object_id) AS id, e.record AS expected, i.record AS indexed
               FROM expected e FULL JOIN indexed i USING (object_id))
    SELECT (SELECT count(*)::int FROM expected) AS rows, (SELECT count(*)::int FROM indexed) AS records,
           coalesce(array_agg(id ORDER BY id) FILTER (WHERE indexed IS NULL), '{}') AS missing,
           coalesce(array_agg(id ORDER BY id) FILTER (WHERE expected IS NULL), '{}') AS extra,
           coalesce(array_agg(id ORDER BY id) FILTER (WHERE indexed <> expected), '{}') AS differing
    FROM joined`);
  return rows[0] as Comparison;
}

/** The answer's text as it came: parsing it here would round numbers. */
async function browse(server: IndexAddress, index: string, cursor: string | undefined): Promise<string> {
  const answer = await fetch(`${server.url}/1/indexes/${index}/browse`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': server.appId, 'x-algolia-api-key': server.adminKey },
    body: JSON.stringify(cursor === undefined ? { hitsPerPage: 1000 } : { cursor }),
  });
  if (answer.status === 404) return '{"hits": []}';
  if (!answer.ok) throw new Error(`browse of ${index} answered ${answer.status}: ${await answer.text()}`);
  return answer.text();
}

/** ISO 8601 in UTC with the microseconds that there are, as an SQL expression over a timestamptz. */
export function isoSql(expression: string): string {
  return `regexp_replace(to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '\\.?0+$', '') || 'Z'`;
}

/** What the records of `audit_log` must be. */
export function expectedAuditLog(table = 'public.audit_log'): string {
  return `SELECT id::text AS object_id,
      to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', '${table}',
        'occurred_at', ${isoSql('occurred_at')}, 'occurred_at_ms', floor(extract(epoch FROM occurred_at) * 1000)::bigint) AS record
    FROM ${table} t`;
}

export function expectEqual(comparison: Comparison, rowsMin = 1): void {
  const { rows, records, missing, extra, differing } = comparison;
  const problems = {
    missing: missing.slice(0, 10),
    extra: extra.slice(0, 10),
    differing: differing.slice(0, 10),
  };
  if (rows < rowsMin)
    throw new Error(`only ${rows} rows were compared, at least ${rowsMin} were meant to be`);
  if (missing.length + extra.length + differing.length > 0 || rows !== records) {
    throw new Error(
      `table (${rows} rows) and index (${records} records) differ: ${missing.length} missing, ${extra.length} extra, ${differing.length} differing; ${JSON.stringify(problems)}`,
    );
  }
}

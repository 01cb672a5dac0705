import type { Client } from 'pg';
import { sqlState } from '../failures.ts';
import { identifier } from '../quoting.ts';

/** Publications have row filters since this version. */
export const ROW_FILTERS = 150_000;

export type FilterColumn = {
  readonly name: string;
  /** As it can be written in a cast. */
  readonly typeName: string;
  /** Of a type that Postgres itself brings: a row filter may look at no other. */
  readonly isBuiltIn: boolean;
};

/** Names that nobody else uses: what is no column of the table shall not be anything else. */
const ROW = identifier('wal2algolia row');
const NOTHING = identifier('wal2algolia nothing');

/** A parameter where there are none, not supported, a value that is none, syntax and names, too deep, raised. https://www.postgresql.org/docs/current/errcodes-appendix.html */
const ABOUT_THE_TEXT = /^(08P01|0A|21|22|42|54|P0)/;

/** Whether the expression itself is why Postgres said no, rather than the connection or the server. */
export function isAboutTheText(error: unknown): error is Error {
  return ABOUT_THE_TEXT.test(sqlState(error) ?? '');
}

/** As it stands behind a table in a publication. A comment at the end must not swallow the parenthesis. */
export function whereClause(filter: string): string {
  return `WHERE (${filter}${filter.includes('--') ? '\n' : ''})`;
}

/** The columns that a row filter can be about: neither system columns nor generated ones. */
export async function readFilterColumns(client: Client, relationOid: number): Promise<FilterColumn[]> {
  const { rows } = await client.query<FilterColumn>(
    `SELECT a.attname::text AS name, format_type(a.atttypid, a.atttypmod) AS "typeName", a.atttypid::int8 < 16384 AS "isBuiltIn"
     FROM pg_attribute a WHERE a.attrelid = $1 AND a.attnum > 0 AND NOT a.attisdropped AND a.attgenerated = '' ORDER BY a.attnum`,
    [relationOid],
  );
  return rows;
}

/**
 * The expression as the planner sees it, which is the same for what says the same in other words: a row filter is kept by Postgres with every
 * cast and constant written out. Planned over a function's result with these columns instead of the table: that takes no lock and no
 * right, runs nothing, and no constraint, index or partition changes it. Rejects with what Postgres says.
 */
export async function plannedFilter(
  client: Client,
  columns: readonly FilterColumn[],
  filter: string,
): Promise<string> {
  const list = columns.map(({ name, typeName }) => `, ${identifier(name)} ${typeName}`);
  const from = `FROM jsonb_to_record(jsonb_build_object()) AS ${ROW}(${NOTHING} boolean${list.join('')})`;
  const planned = await plan(client, `SELECT ${from} ${whereClause(filter)}`);
  // By itself as well, since `true) OR (true` is an expression only in parentheses.
  await plan(client, `SELECT ${filter}\n${from}`);
  return `${planned} ${collations(filter)}`;
}

/** The planner's text leaves them out. Names as Postgres writes them, each once: BETWEEN becomes two comparisons. */
function collations(filter: string): string {
  const text = filter.replace(/--.*$|\/\*[\s\S]*?\*\//gm, ' ');
  const named = text.matchAll(/\bcollate\s+(?:pg_catalog\s*\.\s*)?("(?:[^"]|"")+"|\w+)/gi);
  const names = [...named].map(([, name = '']) =>
    name.startsWith('"') ? name.slice(1, -1) : name.toLowerCase(),
  );
  return [...new Set(names)].sort().join(' ');
}

/** The extended protocol takes one statement and no second one. https://www.postgresql.org/docs/current/protocol-flow.html */
async function plan(client: Client, sql: string): Promise<string> {
  const query = { text: `EXPLAIN (COSTS OFF, FORMAT JSON) ${sql}`, queryMode: 'extended' };
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: unknown }] }>(query);
  return JSON.stringify(rows[0]?.['QUERY PLAN'][0].Plan);
}

/** Names of the columns of a table that a filter which is published looks at. */
export async function filterColumns(
  client: Client,
  relationOid: number,
  filter: string,
): Promise<readonly string[]> {
  const columns = (await readFilterColumns(client, relationOid)).filter(({ isBuiltIn }) => isBuiltIn);
  return (await usedColumns(client, columns, filter)).map(({ name }) => name);
}

/** Those of `columns` without which the filter, which Postgres can plan, could not be planned: the ones that it looks at. */
export async function usedColumns(
  client: Client,
  columns: readonly FilterColumn[],
  filter: string,
): Promise<readonly FilterColumn[]> {
  const among = async (some: readonly FilterColumn[]): Promise<readonly FilterColumn[]> => {
    const others = columns.filter((each) => !some.includes(each));
    if (some.length === 0 || (await isPlannable(client, others, filter))) return [];
    if (some.length === 1) return some;
    const middle = Math.ceil(some.length / 2);
    return [...(await among(some.slice(0, middle))), ...(await among(some.slice(middle)))];
  };
  return among(columns);
}

async function isPlannable(
  client: Client,
  columns: readonly FilterColumn[],
  filter: string,
): Promise<boolean> {
  try {
    await plannedFilter(client, columns, filter);
    return true;
  } catch (error) {
    if (!isAboutTheText(error)) throw error;
    return false;
  }
}

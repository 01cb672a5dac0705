import type { ActivityRow } from './activity-row.ts';

const COLUMNS = [
  ['actor_type', 'text'],
  ['actor_id', 'text'],
  ['action', 'text'],
  ['target_type', 'text'],
  ['target_id', 'text'],
  ['outcome', 'text'],
  ['request_id', 'text'],
  ['source', 'text'],
  ['tenant', 'text'],
  ['before', 'jsonb'],
  ['after', 'jsonb'],
  ['metadata', 'jsonb'],
] as const satisfies readonly (readonly [keyof ActivityRow, string])[];

const names = COLUMNS.map(([name]) => name).join(', ');
// One parameter however many rows there are: a parameter for each value would end at 65,535 of them.
const INSERT = `INSERT INTO public.audit_log (${names}) SELECT ${names} FROM json_to_recordset($1::json) AS row (${COLUMNS.map(
  ([name, type]) => `${name} ${type}`,
).join(', ')})`;

/** One statement that inserts these rows in their order, in the form that `client.query` takes. */
export function insertStatement(rows: readonly ActivityRow[]): { text: string; values: [string] } {
  return { text: INSERT, values: [JSON.stringify(rows)] };
}

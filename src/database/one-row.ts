/** The row that a question has for an answer which cannot have none: what stands in for one would be taken for the truth. */
export function oneRow<Row>({ rows }: { readonly rows: readonly Row[] }): Row {
  const [row] = rows;
  if (row === undefined) throw new Error('Postgres answered a one-row question without a row');
  return row;
}

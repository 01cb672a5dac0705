/** An expression for a timestamptz as ISO 8601 text in UTC, which sorts as times do. */
export function timeText(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}

/** The same of a column, under the name of a property. */
export function timeProperty(column: string, name: string): string {
  return `${timeText(column)} AS "${name}"`;
}

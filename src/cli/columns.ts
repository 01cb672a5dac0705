import { harmless } from './output.ts';

const WIDTH_MAX = 60;

/** A table for people: what stands in a column stands below its name. Long texts are cut, but not those of the last column. */
export function columnLines(names: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const last = names.length - 1;
  const cells = [names, ...rows].map((row) =>
    row.map((text, at) => (at === last ? harmless(text) : cut(harmless(text)))),
  );
  const widths = names.map((_, at) => Math.max(...cells.map((row) => row[at]?.length ?? 0)));
  return cells.map((row) =>
    row
      .map((text, at) => (at === last ? text : text.padEnd(widths[at] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}

function cut(text: string): string {
  return text.length <= WIDTH_MAX ? text : `${text.slice(0, WIDTH_MAX - 1)}…`;
}

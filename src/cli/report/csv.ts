import { csvText, LINE_END } from '../../reports/csv.ts';

/** One line of texts, with its line break; those that are numbers are left alone, also with a minus in front. */
export function csvLine(cells: readonly string[]): string {
  return cells.map((text) => (/^-?\d+(\.\d+)?$/.test(text) ? text : csvText(text))).join(',') + LINE_END;
}

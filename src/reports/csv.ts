import { type Column, plainText } from './columns.ts';
import type { Event } from './event.ts';

/** Behind each line. https://www.rfc-editor.org/rfc/rfc4180 */
export const LINE_END = '\r\n';

export function csvHeader(columns: readonly Column[]): string {
  return columns.map(({ name }) => csvText(name)).join(',') + LINE_END;
}

export function csvLine(columns: readonly Column[], event: Event): string {
  return columns.map((column) => csvCell(column.of(event))).join(',') + LINE_END;
}

/** A number of JSON is one in a spreadsheet, a minus in front included; every text is one there too, and no formula. */
function csvCell(json: string | undefined): string {
  const isNumber = json !== undefined && /^-?\d/.test(json);
  return isNumber ? json : csvText(plainText(json));
}

/**
 * What begins like a formula would be one to whoever opens the file.
 * https://owasp.org/www-community/attacks/CSV_Injection
 */
export function csvText(text: string): string {
  const harmless = /^[=+\-@\t\r\n\uFF1D\uFF0B\uFF0D\uFF20]/u.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(harmless) || harmless !== harmless.trim()
    ? `"${harmless.replaceAll('"', '""')}"`
    : harmless;
}

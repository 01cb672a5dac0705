import { timeZoneProblem } from '../config/rules.ts';
import type { FoundColumn } from '../database/found-tables.ts';

/** What a `timestamp` without time zone is taken for. */
export type AssumedZone = { readonly timeZone: string; readonly because: string };

const UTC = /^((etc\/)?(utc|uct|gmt|zulu|universal|greenwich)|gmt[+-]?0)$/i;
/** As Postgres prints both ways to write it. https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-ZONECONVERT */
const CONVERTED = /AT TIME ZONE '([^']+)'|timezone\('([^']+)'/i;
/** Give the time of the session, in its zone, once a column without zone takes it. */
const NOW =
  /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(|\b(CURRENT|LOCAL)_?TIMESTAMP\b/i;

/** From how the column is filled; where nothing says, it is UTC. `serverZone` is that of a session which asks for none. */
export function assumedZone({ filledBy }: FoundColumn, serverZone: string): AssumedZone {
  const [, before, after] = CONVERTED.exec(filledBy ?? '') ?? [];
  const converted = before ?? after;
  if (converted !== undefined) return zone(converted, 'its default converts to it');
  if (filledBy !== null && NOW.test(filledBy))
    return zone(serverZone, 'its default is the time of the server');
  return { timeZone: 'UTC', because: 'nothing in the catalog says another' };
}

export function isUtc(timeZone: string): boolean {
  return UTC.test(timeZone);
}

function zone(name: string, because: string): AssumedZone {
  if (isUtc(name)) return { timeZone: 'UTC', because };
  if (timeZoneProblem(name) === undefined) return { timeZone: name, because };
  return { timeZone: 'UTC', because: `${because}, but "${name}" has no rules for summer time` };
}

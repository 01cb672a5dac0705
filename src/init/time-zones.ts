import { timeZoneProblem } from '../config/rules.ts';

/** What a `timestamp` without time zone is taken for. */
export type AssumedZone = { readonly timeZone: string; readonly because: string };

const UTC = /^((etc\/)?(utc|uct|gmt|zulu|universal|greenwich)|gmt[+-]?0)$/i;
/** As Postgres prints both ways to write it. https://www.postgresql.org/docs/current/functions-datetime.html#FUNCTIONS-DATETIME-ZONECONVERT */
const CONVERTED = /AT TIME ZONE '([^']+)'|timezone\('([^']+)'/i;
/** Give the time of the session, in its zone, once a column without zone takes it. */
const NOW =
  /\b(now|clock_timestamp|statement_timestamp|transaction_timestamp)\(|\b(CURRENT|LOCAL)_?TIMESTAMP\b/i;

/** What says where the times of a table were written down. */
export type TimeSources = {
  /** By the name of a column, the expression that fills it. */
  readonly defaults: ReadonlyMap<string, string>;
  /** That of a session which asks for none. */
  readonly serverZone: string;
};

/** From how the column is filled; where nothing says, it is UTC. */
export function assumedZone(column: string, { defaults, serverZone }: TimeSources): AssumedZone {
  const filledBy = defaults.get(column) ?? '';
  const [, before, after] = CONVERTED.exec(filledBy) ?? [];
  const converted = before ?? after;
  if (converted !== undefined) return zone(converted, 'its default converts to it');
  if (NOW.test(filledBy)) return zone(serverZone, 'its default is the time of the server');
  return { timeZone: 'UTC', because: 'nothing in the catalog says another' };
}

function zone(name: string, because: string): AssumedZone {
  if (UTC.test(name)) return { timeZone: 'UTC', because };
  if (timeZoneProblem(name) === undefined) return { timeZone: name, because };
  return { timeZone: 'UTC', because: `${because}, but "${name}" has no rules for summer time` };
}

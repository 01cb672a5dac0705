import type { Status } from '../../telemetry/status.ts';
import { bytesText, countText, secondsText } from '../amounts.ts';
import { harmless } from '../output.ts';
import { agree, type Comparison } from './comparison.ts';
import { DEMO_INDEX, DEMO_STATUS_INDEX } from './demo-config.ts';
import type { Event, Searchable } from './demo-index.ts';

export type Moment = { readonly committed: number; readonly searchable: Searchable; readonly status: Status };

/** A few lines for a terminal. */
export function liveLines({ committed, searchable, status }: Moment): string[] {
  return [
    `  committed    ${countText(committed)} rows`,
    `  searchable   ${countText(searchable.records)} records`,
    `  lag          ${lagText(status)}`,
    `  newest found ${eventText(searchable.newest)}`,
  ];
}

/** The same as one line, for a log. */
export function plainLine({ committed, searchable, status }: Moment): string {
  const newest = eventText(searchable.newest);
  return `committed ${countText(committed)}, searchable ${countText(searchable.records)}, lag ${lagText(status)}, newest: ${newest}`;
}

export function lagText({ slot, state, error }: Status): string {
  const trouble =
    state === 'streaming' ? '' : ` (${state}${error === undefined ? '' : `: ${error.message}`})`;
  const { lagBytes, lagSeconds } = slot;
  if (lagBytes === null || lagSeconds === null) return `not known yet${trouble}`;
  return `${lagBytes === 0 ? 'none' : `${bytesText(lagBytes)}, ${secondsText(lagSeconds)}`}${trouble}`;
}

function eventText(event: Event | undefined): string {
  if (event === undefined) return 'nothing yet';
  const { action, actor_id: actor, target_type: type, target_id: target } = event;
  return harmless(`${action} by ${actor ?? 'nobody'} on ${type ?? 'nothing'} ${target ?? ''}`.trimEnd());
}

export type Places = {
  readonly postgresUrl: string;
  readonly algoliaUrl: string;
  readonly appId: string;
  readonly searchKey: string;
  readonly httpUrl: string;
};

/** Where to look. */
export function placesLines(places: Places): string[] {
  return [
    `  Postgres  ${places.postgresUrl}`,
    `  Algolia   ${places.algoliaUrl}  application ${places.appId}, search key ${places.searchKey}`,
    `  pipeline  ${places.httpUrl}/status  /readyz  /metrics`,
  ];
}

/** Queries that can be pasted into a shell; they ask about the actor and the target of an event that is there. */
export function queryLines({ algoliaUrl, appId, searchKey }: Places, event: Event | undefined): string[] {
  const curl = (query: object): string =>
    `  curl -s ${algoliaUrl}/1/indexes/${DEMO_INDEX}/query -H 'x-algolia-application-id: ${appId}' -H 'x-algolia-api-key: ${searchKey}' -d '${shellText(JSON.stringify(query))}'`;
  const actor = event?.actor_id ?? undefined;
  const target = event?.target_id ?? undefined;
  return [
    '# What happened last?',
    curl({ query: '', hitsPerPage: 3 }),
    ...(target === undefined
      ? []
      : ['# What happened to this record?', curl({ filters: `target_id:${quoted(target)}` })]),
    ...(actor === undefined
      ? []
      : ['# What did this user touch?', curl({ filters: `actor_id:${quoted(actor)}` })]),
    '# What was denied since a point in time, by action?',
    curl({
      filters: 'outcome:denied AND occurred_at_ms > 1700000000000',
      facets: ['action'],
      hitsPerPage: 0,
    }),
    '# Which fields do updates change?',
    curl({ filters: 'op:u', facets: ['changed_fields'], hitsPerPage: 0 }),
    ...reportLines({ algoliaUrl, appId, searchKey }, event),
  ];
}

/** From the index alone, as somebody without the database would ask. */
function reportLines(
  { algoliaUrl, appId, searchKey }: Pick<Places, 'algoliaUrl' | 'appId' | 'searchKey'>,
  event: Event | undefined,
): string[] {
  const { target_type: type, target_id: id } = event ?? {};
  if (!type || !id) return [];
  const variables = {
    ALGOLIA_APP_ID: appId,
    ALGOLIA_SEARCH_KEY: searchKey,
    ALGOLIA_HOSTS: algoliaUrl,
    ALGOLIA_STATUS_INDEX: DEMO_STATUS_INDEX,
  };
  const given = Object.entries(variables).map(([name, value]) => `${name}=${value}`);
  return [
    '# What happened to it through its life, and is any of that missing?',
    `  ${given.join(' ')} npx wal2algolia report record '${shellText(type)}' '${shellText(id)}'`,
  ];
}

/** https://www.algolia.com/doc/api-reference/api-parameters/filters/ */
function quoted(value: string): string {
  return `"${value.replaceAll('"', '\\"')}"`;
}

/** Inside single quotes of a shell. */
function shellText(text: string): string {
  return text.replaceAll("'", `'\\''`);
}

export function summaryLines(comparison: Comparison, committed: number, seconds: number): string[] {
  const { rows, records, missing, extra } = comparison;
  const verdict = agree(comparison)
    ? 'They agree: every row is a record, and no record is without its row.'
    : `They differ: ${countText(missing.length)} missing${few(missing)}, ${countText(extra.length)} extra${few(extra)}.`;
  return [
    `${countText(committed)} rows committed in ${secondsText(seconds)}.`,
    `Table: ${countText(rows)} rows. Index: ${countText(records)} records.`,
    verdict,
  ];
}

const FEW = 5;

function few(ids: readonly string[]): string {
  if (ids.length === 0) return '';
  return ` (${harmless(ids.slice(0, FEW).join(', '))}${ids.length > FEW ? ', ...' : ''})`;
}

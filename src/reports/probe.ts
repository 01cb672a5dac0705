import type { SearchAnswer, SearchParameters } from '../algolia/search.ts';
import { PreconditionError } from '../errors.ts';
import { type Event, type EventAttributes, readEvent, scalars } from './event.ts';
import { facetFiltersOf } from './question.ts';

const SAMPLE = 1_000;

export type ProbeOptions = {
  readonly search: (parameters: SearchParameters) => Promise<SearchAnswer>;
  readonly index: string;
  readonly attributes: EventAttributes;
  /** By which the report has filtered, beside the time. */
  readonly filtered: readonly string[];
};

/**
 * A filter by an attribute that the settings do not prepare for matches nothing and says nothing. So where a report is empty, a record that
 * is there is asked for in the same way: throws a PreconditionError where it is not found, or where no record has the attribute. An empty
 * index is none.
 */
export async function checkFiltersHold(options: ProbeOptions): Promise<void> {
  const { search, index, attributes, filtered } = options;
  const time = `${attributes.time}_ms`;
  const sample = await search({ hitsPerPage: SAMPLE, attributesToRetrieve: [...filtered, time] });
  const events = sample.hits.map((text) => readEvent(text, attributes));
  if (events.length === 0) return;
  for (const attribute of filtered) {
    const value = events.map((event) => usable(event, attribute)).find((each) => each !== undefined);
    if (value === undefined) throw absent(index, attribute, '`reports` and `keys`');
    const facetFilters = facetFiltersOf([{ attribute, values: [value] }]);
    if ((await search({ facetFilters, hitsPerPage: 1 })).nbHits > 0) continue;
    throw unfiltered(index, attribute, 'attributesForFaceting');
  }
  const ms = events.map((event) => event.ms).find((each) => each !== undefined);
  if (ms === undefined) throw absent(index, time, '`keys.timeAttribute`');
  if ((await search({ filters: `${time} = ${ms}`, hitsPerPage: 1 })).nbHits > 0) return;
  throw unfiltered(index, time, 'numericAttributesForFiltering');
}

/** A value that no filter could read as something else. */
function usable({ members }: Event, attribute: string): string | undefined {
  const first = attribute.split('.')[0] ?? attribute;
  if (first !== attribute && !members.has(attribute)) return undefined;
  return scalars(members.get(attribute)).find((value) => /^[\p{L}\p{N}][\p{L}\p{N}_.:/ -]*$/u.test(value));
}

function absent(index: string, attribute: string, keys: string): PreconditionError {
  return new PreconditionError(
    `whether anything happened cannot be told: none of the first ${SAMPLE} records of index ${index} has the attribute "${attribute}"`,
    {
      remedy: `Name the attribute of your records under ${keys} in the configuration, or another index by --index.`,
    },
  );
}

function unfiltered(index: string, attribute: string, setting: string): PreconditionError {
  return new PreconditionError(
    `index ${index} cannot be filtered by "${attribute}": it finds nothing by a value that it has`,
    {
      remedy: `Add it to ${setting} in the settings of the index, or let \`setup\` derive these ("settings": {} in its table).`,
    },
  );
}

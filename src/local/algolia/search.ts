import { performance } from 'node:perf_hooks';
import { countableFacets, countFacets } from './facet-counts.ts';
import { highlightedHit, highlightingOf } from './highlighting.ts';
import { matchingSlots } from './matching.ts';
import { firstInOrder } from './ordering.ts';
import { narrowedRecord, type Selection } from './record-text.ts';
import type { SearchIndex } from './search-index.ts';
import { type Parameters, type SearchParameters, searchParameters } from './search-parameters.ts';
import type { IndexSettings } from './settings.ts';

/** Answers one query with the text of Algolia's response. Records go into it as their own bytes unless attributes are left out. */
export function search(index: SearchIndex, name: string, given: Parameters, privileged: boolean): Buffer {
  const startedAtMs = performance.now();
  const parameters = searchParameters(given);
  const { settings, derived, store } = index;
  const facetNames = countableFacets(parameters.facets, settings);
  const ordered = settings.order.map(({ attribute }) => attribute);
  const slots: number[] = [];
  matchingSlots(index, parameters, (slot) => slots.push(slot), {
    facets: [...facetNames, ...ordered],
    numbers: [...facetNames, ...ordered],
  });
  const page = pageOf(parameters, settings, slots.length);
  const shown = firstInOrder(slots, page.end, settings.order, derived).slice(page.start);
  const selection = selectionOf(parameters.attributesToRetrieve, settings, privileged);
  const highlighting = highlightingOf(parameters, settings, privileged);
  const hits = shown.map((slot) => {
    const record = store.record(slot);
    return highlightedHit(narrowedRecord(record, selection), record, highlighting);
  });
  const counts = countFacets(slots, facetNames, derived, {
    valuesMax: parameters.maxValuesPerFacet ?? settings.maxValuesPerFacet,
    sortBy: parameters.sortFacetValuesBy ?? settings.sortFacetValuesBy,
  });
  const fields: Record<string, unknown> = {
    nbHits: slots.length,
    ...page.fields,
    ...(parameters.facets.length > 0 ? { facets: counts.facets, exhaustiveFacetsCount: true } : {}),
    ...(Object.keys(counts.facetsStats).length > 0 ? { facets_stats: counts.facetsStats } : {}),
    exhaustiveNbHits: true,
    exhaustiveTypo: true,
    exhaustive: { facetsCount: true, nbHits: true, typo: true },
    query: parameters.query,
    params: paramsText(given),
    index: name,
    processingTimeMS: Math.ceil(performance.now() - startedAtMs),
  };
  return responseText(hits, fields, parameters.responseFields);
}

/** `hits` first, then the other fields; `wanted` narrows both. */
export function responseText(
  hits: readonly Buffer[],
  fields: Readonly<Record<string, unknown>>,
  wanted: readonly string[] | undefined,
): Buffer {
  const all = wanted === undefined || wanted.includes('*');
  const entries = Object.entries(fields).filter(
    ([name, value]) => value !== undefined && (all || wanted.includes(name)),
  );
  const rest = entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(',');
  if (!all && !wanted.includes('hits')) return Buffer.from(`{${rest}}`);
  const pieces: Buffer[] = [Buffer.from('{"hits":[')];
  hits.forEach((hit, place) => {
    if (place > 0) pieces.push(COMMA);
    pieces.push(hit);
  });
  pieces.push(Buffer.from(`]${rest === '' ? '' : ','}${rest}}`));
  return Buffer.concat(pieces);
}

const COMMA = Buffer.from(',');

/** What to give back of a record; the admin key sees what is unretrievable. */
export function selectionOf(
  asked: readonly string[] | undefined,
  settings: IndexSettings,
  privileged: boolean,
): Selection {
  const names = asked ?? settings.attributesToRetrieve ?? ['*'];
  const except = names.filter((name) => name.startsWith('-')).map((name) => name.slice(1));
  return {
    all: names.includes('*'),
    names: names.filter((name) => !name.startsWith('-')),
    except: privileged ? except : [...except, ...settings.unretrievable],
  };
}

type Page = {
  readonly start: number;
  readonly end: number;
  readonly fields: Readonly<Record<string, unknown>>;
};

/** `offset` and `length` take the place of `page`; nothing beyond `paginationLimitedTo` is given back. */
function pageOf(parameters: SearchParameters, settings: IndexSettings, nbHits: number): Page {
  const limit = settings.paginationLimitedTo;
  const reachable = Math.min(nbHits, limit);
  if (parameters.offset !== undefined || parameters.length !== undefined) {
    const offset = parameters.offset ?? 0;
    const length = parameters.length ?? 0;
    return { start: offset, end: Math.min(offset + length, limit), fields: { offset, length } };
  }
  const hitsPerPage = parameters.hitsPerPage ?? settings.hitsPerPage;
  const start = parameters.page * hitsPerPage;
  const message = start >= limit && nbHits > limit ? { message: beyondLimit(limit) } : {};
  const nbPages = hitsPerPage === 0 ? 0 : Math.ceil(reachable / hitsPerPage);
  const fields = { page: parameters.page, nbPages, hitsPerPage, ...message };
  return { start, end: Math.min(start + hitsPerPage, limit), fields };
}

function beyondLimit(limit: number): string {
  return `you can only fetch the ${limit} hits for this query. You can extend the number of hits returned via the paginationLimitedTo index parameter or use the browse method.`;
}

function paramsText(given: Parameters): string {
  const encoded = new URLSearchParams();
  for (const [name, value] of Object.entries(given)) {
    if (value !== undefined && value !== null)
      encoded.set(name, typeof value === 'string' ? value : JSON.stringify(value));
  }
  return encoded.toString();
}

import type { DerivedData } from './derived-data.ts';
import { isDeclared } from './filter-test.ts';
import type { IndexSettings } from './settings.ts';

export type FacetCounts = {
  readonly facets: Record<string, Record<string, number>>;
  readonly facetsStats: Record<string, { min: number; max: number; avg: number; sum: number }>;
};

type Limits = { readonly valuesMax: number; readonly sortBy: string };

/** Those of the asked attributes that the settings declare for counting; `*` asks for all of them. */
export function countableFacets(asked: readonly string[], settings: IndexSettings): string[] {
  if (asked.includes('*')) return [...settings.countedFacets];
  const onlyFiltered = (name: string) => settings.facets.has(name) && !settings.countedFacets.includes(name);
  return [...new Set(asked)].filter((name) => isDeclared(name, settings) && !onlyFiltered(name));
}

export function countFacets(
  slots: readonly number[],
  names: readonly string[],
  derived: DerivedData,
  limits: Limits,
): FacetCounts {
  const facets: FacetCounts['facets'] = {};
  const facetsStats: FacetCounts['facetsStats'] = {};
  for (const name of names) {
    const column = derived.facet(name);
    const counts: number[] = [];
    for (const slot of slots) column.countInto(counts, slot);
    const values = counts.flatMap((count, code) =>
      count > 0 ? [{ value: column.values[code] ?? '', count }] : [],
    );
    if (values.length === 0) continue;
    values.sort(
      limits.sortBy === 'alpha' ? byValue : (left, right) => right.count - left.count || byValue(left, right),
    );
    facets[name] = Object.fromEntries(
      values.slice(0, limits.valuesMax).map(({ value, count }) => [value, count]),
    );
    const stats = statsOf(slots, name, derived);
    if (stats !== undefined) facetsStats[name] = stats;
  }
  return { facets, facetsStats };
}

function statsOf(
  slots: readonly number[],
  name: string,
  derived: DerivedData,
): FacetCounts['facetsStats'][string] | undefined {
  const column = derived.number(name);
  let [min, max, sum, count] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0, 0];
  for (const slot of slots) {
    column.forEach(slot, (value) => {
      min = Math.min(min, value);
      max = Math.max(max, value);
      sum += value;
      count += 1;
    });
  }
  return count === 0 ? undefined : { min, max, avg: sum / count, sum };
}

function byValue(left: { value: string }, right: { value: string }): number {
  return left.value < right.value ? -1 : left.value > right.value ? 1 : 0;
}

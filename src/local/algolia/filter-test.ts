import type { DerivedData } from './derived-data.ts';
import type { Clause, Comparison, Filter } from './filter.ts';
import type { RecordStore } from './record-store.ts';
import type { IndexSettings } from './settings.ts';

export type SlotTest = (slot: number) => boolean;

/** The attributes whose columns the clauses read. */
export function attributesOf(clauses: readonly Clause[]): { facets: string[]; numbers: string[] } {
  const filters = clauses.flat();
  return {
    facets: filters.flatMap((filter) =>
      filter.kind === 'facet' ? [filter.attribute] : filter.kind === 'tag' ? ['_tags'] : [],
    ),
    numbers: filters.flatMap((filter) =>
      filter.kind === 'comparison' || filter.kind === 'range' ? [filter.attribute] : [],
    ),
  };
}

/** Compiles clauses to one test per slot; the columns must have been prepared. */
export function compileClauses(
  clauses: readonly Clause[],
  data: DerivedData,
  settings: IndexSettings,
  store: RecordStore,
): SlotTest {
  const tests = clauses.map((clause) =>
    anyOf(clause.map((filter) => compile(filter, data, settings, store))),
  );
  const [first, second] = tests;
  if (first === undefined) return () => true;
  if (second === undefined) return first;
  return (slot) => tests.every((test) => test(slot));
}

function anyOf(tests: readonly SlotTest[]): SlotTest {
  const [first] = tests;
  if (first !== undefined && tests.length === 1) return first;
  return (slot) => tests.some((test) => test(slot));
}

function compile(filter: Filter, data: DerivedData, settings: IndexSettings, store: RecordStore): SlotTest {
  switch (filter.kind) {
    case 'tag':
      return facetTest(data, '_tags', filter.value, filter.negated);
    case 'facet':
      if (filter.attribute === 'objectID')
        return (slot) => (store.objectID(slot) === filter.value) !== filter.negated;
      if (!isDeclared(filter.attribute, settings)) return () => filter.negated;
      return facetTest(data, filter.attribute, filter.value, filter.negated);
    case 'comparison':
      if (!mayCompare(filter.attribute, filter.operator, settings)) return () => false;
      return numberTest(data, filter.attribute, comparison(filter.operator, filter.operand, filter.negated));
    case 'range': {
      if (!mayCompare(filter.attribute, '>=', settings)) return () => false;
      const { from, to, negated } = filter;
      return numberTest(data, filter.attribute, (value) => (value >= from && value <= to) !== negated);
    }
  }
}

function facetTest(data: DerivedData, attribute: string, value: string, negated: boolean): SlotTest {
  const column = data.facet(attribute);
  const codes = column.codesOf(value);
  return (slot) => column.hasAny(slot, codes) !== negated;
}

function numberTest(data: DerivedData, attribute: string, test: (value: number) => boolean): SlotTest {
  const column = data.number(attribute);
  return (slot) => column.some(slot, test);
}

function comparison(operator: Comparison, operand: number, negated: boolean): (value: number) => boolean {
  const holds = COMPARISONS[operator];
  return (value) => holds(value, operand) !== negated;
}

const COMPARISONS: Readonly<Record<Comparison, (value: number, operand: number) => boolean>> = {
  '<': (value, operand) => value < operand,
  '<=': (value, operand) => value <= operand,
  '=': (value, operand) => value === operand,
  '!=': (value, operand) => value !== operand,
  '>=': (value, operand) => value >= operand,
  '>': (value, operand) => value > operand,
};

/** A declared attribute brings those nested in it. */
export function isDeclared(attribute: string, settings: IndexSettings): boolean {
  if (settings.facets.has(attribute)) return true;
  const parts = attribute.split('.');
  return parts.some((_, depth) => settings.facets.has(parts.slice(0, depth).join('.')));
}

function mayCompare(attribute: string, operator: Comparison, settings: IndexSettings): boolean {
  if (settings.numeric === undefined) return true;
  const equalityOnly = settings.numeric.get(attribute);
  if (equalityOnly === undefined) return false;
  return !equalityOnly || operator === '=' || operator === '!=';
}

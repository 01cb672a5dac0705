import type { Clause, Filter } from './filter.ts';
import { parseFilters } from './filter-parser.ts';
import { Refusal } from './refusal.ts';

/*
 * `facetFilters`, `tagFilters` and `numericFilters`: a list is AND, a list inside it is OR.
 * https://www.algolia.com/doc/api-reference/api-parameters/facetFilters/
 */

export function facetFilterClauses(value: unknown): Clause[] {
  return clausesOf(value, 'facetFilters', facetFilter);
}

export function tagFilterClauses(value: unknown): Clause[] {
  return clausesOf(value, 'tagFilters', (text) => ({ kind: 'tag', ...negation(text) }));
}

export function numericFilterClauses(value: unknown): Clause[] {
  return clausesOf(value, 'numericFilters', numericFilter);
}

function clausesOf(value: unknown, parameter: string, read: (text: string) => Filter): Clause[] {
  if (value === undefined || value === null || value === '') return [];
  const list = typeof value === 'string' ? [value] : value;
  if (!Array.isArray(list)) throw malformed(parameter);
  return list.flatMap((entry: unknown): Clause[] => {
    if (typeof entry === 'string') return [[read(entry)]];
    if (!Array.isArray(entry) || !entry.every((text) => typeof text === 'string')) throw malformed(parameter);
    return entry.length === 0 ? [] : [entry.map((text: string) => read(text))];
  });
}

/** The value is taken as it stands, colons, blanks and quotes included; only quotes around the whole of it fall off. */
function facetFilter(text: string): Filter {
  const match = /^(?:"([^"]+)"|([^:]+)):(.*)$/su.exec(text);
  const attribute = match?.[1] ?? match?.[2];
  if (match === null || attribute === undefined) {
    throw new Refusal(400, 'Invalid syntax for facetFilters: expected facet_name:facet_value');
  }
  const raw = match[3] ?? '';
  const value = raw.length > 1 && raw.startsWith('"') && raw.endsWith('"') ? raw.slice(1, -1) : raw;
  const filter = negation(value);
  return attribute === '_tags' ? { kind: 'tag', ...filter } : { kind: 'facet', attribute, ...filter };
}

/** A leading dash negates, `\-` stands for a dash. */
function negation(text: string): { value: string; negated: boolean } {
  if (text.startsWith('-')) return { value: text.slice(1), negated: true };
  return { value: text.startsWith('\\-') ? text.slice(1) : text, negated: false };
}

function numericFilter(text: string): Filter {
  const { value, negated } = negation(text.trim());
  const [clause, ...more] = parseFilters(value);
  const [filter, ...alternatives] = clause ?? [];
  const one = more.length === 0 && alternatives.length === 0;
  if (!one || filter === undefined) throw malformed('numericFilters');
  if (filter.kind === 'facet' && Number.isFinite(Number(filter.value))) {
    return {
      kind: 'comparison',
      attribute: filter.attribute,
      operator: '=',
      operand: Number(filter.value),
      negated,
    };
  }
  if (filter.kind !== 'comparison' && filter.kind !== 'range') throw malformed('numericFilters');
  return { ...filter, negated: filter.negated !== negated };
}

function malformed(parameter: string): Refusal {
  return new Refusal(
    400,
    `Invalid syntax for ${parameter}: expected a list of filters or of lists of filters`,
  );
}

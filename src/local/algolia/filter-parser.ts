import { type Clause, type Comparison, type Filter, type FilterFamily, familyOf } from './filter.ts';
import { type FilterToken, filterTokens } from './filter-tokens.ts';
import { Refusal } from './refusal.ts';

const OR_OF_ANDS = 'filters: filter (X AND Y) OR Z is not allowed, only (X OR Y) AND Z is allowed';
const MIXED_OR = 'filters: Different types are not allowed in the same OR.';
const EXPECTED: Readonly<Record<FilterFamily, string>> = {
  facet: 'Expected a facet filter which needs to have this form:\n - facet_name:facet_value',
  tag: 'Expected a tag filter which needs to have this form:\n - _tags:tag_value\n - tag_value',
  numeric:
    'Expected a numeric filter which needs to have one of the following form:\n - numeric_attr_name=10\n - numeric_attr_name:10 TO 20',
};

/**
 * Reads the `filters` parameter: AND of ORs, where OR binds tighter than AND, NOT stands before single filters only, and one OR joins filters of one
 * family. Throws a Refusal (400) that says what was expected and at which column.
 * https://www.algolia.com/doc/guides/managing-results/refine-results/filtering/in-depth/combining-boolean-operators
 */
export function parseFilters(filters: string): Clause[] {
  if (filters.trim() === '') return [];
  const parser = new FilterParser(filterTokens(filters));
  const clauses = parser.conjunction();
  parser.expect('end', 'end of filter');
  return clauses;
}

class FilterParser {
  readonly #tokens: readonly FilterToken[];
  #position = 0;

  constructor(tokens: readonly FilterToken[]) {
    this.#tokens = tokens;
  }

  conjunction(): Clause[] {
    const clauses = this.#disjunction();
    while (this.#take('AND') !== undefined) clauses.push(...this.#disjunction());
    return clauses;
  }

  expect(kind: FilterToken['kind'], expected: string): FilterToken {
    const token = this.#take(kind);
    if (token === undefined) throw this.#unexpected(expected);
    return token;
  }

  #disjunction(): Clause[] {
    const first = this.#operand();
    if (this.#peek().kind !== 'OR') return first;
    const alternatives = [...single(first)];
    while (this.#take('OR') !== undefined) {
      for (const filter of single(this.#operand())) {
        const family = alternatives[0] === undefined ? 'facet' : familyOf(alternatives[0]);
        if (familyOf(filter) !== family) throw new Refusal(400, `${MIXED_OR}\n${EXPECTED[family]}`);
        alternatives.push(filter);
      }
    }
    return [alternatives];
  }

  #operand(): Clause[] {
    if (this.#take('(') === undefined) return [[this.#filter()]];
    const clauses = this.conjunction();
    this.expect(')', "')'");
    if (clauses.length > 1 && clauses.some((clause) => clause.length > 1)) throw new Refusal(400, OR_OF_ANDS);
    return clauses;
  }

  #filter(): Filter {
    const negated = this.#take('NOT') !== undefined;
    const name = this.#take('string') ?? this.#take('number');
    if (name === undefined) throw this.#unexpected('filter');
    const filter = this.#valueOf(name.text, negated) ?? this.#comparisonOf(name.text, negated);
    if (filter !== undefined) return filter;
    this.#score();
    return { kind: 'tag', value: name.text, negated };
  }

  #valueOf(attribute: string, negated: boolean): Filter | undefined {
    if (this.#take(':') === undefined) return undefined;
    const value = this.#take('string') ?? this.#take('number');
    if (value === undefined) throw this.#unexpected('string');
    if (value.kind === 'number' && this.#take('TO') !== undefined) {
      const to = this.expect('number', 'numeric');
      return { kind: 'range', attribute, from: Number(value.text), to: Number(to.text), negated };
    }
    this.#score();
    if (attribute === '_tags') return { kind: 'tag', value: value.text, negated };
    return { kind: 'facet', attribute, value: value.text, negated };
  }

  #comparisonOf(attribute: string, negated: boolean): Filter | undefined {
    const { kind, text } = this.#peek();
    if (kind !== 'operator' && kind !== '<' && kind !== '>') return undefined;
    if (kind === '<' && this.#peek(1).text === 'score') return undefined;
    this.#position += 1;
    const operand = this.expect('number', 'numeric');
    return {
      kind: 'comparison',
      attribute,
      operator: text as Comparison,
      operand: Number(operand.text),
      negated,
    };
  }

  /** `<score=3>` weighs a filter in Algolia's ranking; read, and of no effect here. */
  #score(): void {
    if (this.#take('<') === undefined) return;
    const name = this.expect('string', '"score"');
    if (name.text !== 'score') throw unexpected(name, '"score"');
    this.expect('operator', '"="');
    this.expect('number', 'numeric');
    this.expect('>', "'>'");
  }

  #peek(ahead = 0): FilterToken {
    return this.#tokens[this.#position + ahead] ?? { kind: 'end', text: '', column: 0 };
  }

  #take(kind: FilterToken['kind']): FilterToken | undefined {
    const token = this.#peek();
    if (token.kind !== kind) return undefined;
    if (kind !== 'end') this.#position += 1;
    return token;
  }

  #unexpected(expected: string): Refusal {
    return unexpected(this.#peek(), expected);
  }
}

/** What stands on either side of an OR must not be an AND. */
function single(clauses: readonly Clause[]): Clause {
  const [clause] = clauses;
  if (clause === undefined || clauses.length > 1) throw new Refusal(400, OR_OF_ANDS);
  return clause;
}

function unexpected(token: FilterToken, expected: string): Refusal {
  return new Refusal(
    400,
    `filters: Unexpected token ${nameOf(token)} expected ${expected} at col ${token.column}`,
  );
}

function nameOf(token: FilterToken): string {
  switch (token.kind) {
    case 'string':
      return `string(${token.text})`;
    case 'number':
      return `numeric(${token.text})`;
    case 'operator':
      return 'numeric operator';
    case 'end':
      return 'end of filter';
    case '<':
    case '>':
      return token.text;
    case ':':
    case '(':
    case ')':
    case 'AND':
    case 'OR':
    case 'NOT':
    case 'TO':
      return `'${token.text}'`;
  }
}

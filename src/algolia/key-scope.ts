import type { KeyAttributes } from '../config/key-attributes.ts';
import { UsageError } from '../errors.ts';

/** What a key shall see: all that is given must hold. Times are milliseconds since the epoch, the first within, the second outside. */
export type KeyScope = {
  readonly tenant?: string | undefined;
  /** Any of these. */
  readonly actors?: readonly string[] | undefined;
  readonly fromMs?: number | undefined;
  readonly untilMs?: number | undefined;
};

/** One condition on a record. */
export type Restriction = {
  readonly attribute: string;
  readonly kind: 'facet' | 'number';
  /** https://www.algolia.com/doc/api-reference/api-parameters/filters/ */
  readonly filter: string;
  /** The filter for whatever it keeps out. */
  readonly outside: string;
};

/** Throws a UsageError for a value that a filter might read as something else. */
export function restrictionsOf(scope: KeyScope, attributes: KeyAttributes): readonly Restriction[] {
  const { tenantAttribute, actorAttribute, timeAttribute } = attributes;
  const time = `${timeAttribute}_ms`;
  if (scope.fromMs !== undefined && scope.untilMs !== undefined && scope.fromMs >= scope.untilMs)
    throw new UsageError('--from is not before --until: no record lies between them');
  return [
    ...(scope.tenant === undefined ? [] : [equality('--tenant', tenantAttribute, [scope.tenant])]),
    ...(scope.actors === undefined ? [] : [equality('--actor', actorAttribute, scope.actors)]),
    ...(scope.fromMs === undefined ? [] : [comparison(time, '>=', '<', scope.fromMs)]),
    ...(scope.untilMs === undefined ? [] : [comparison(time, '<', '>=', scope.untilMs)]),
  ];
}

export function filtersText(restrictions: readonly Restriction[]): string {
  return restrictions.map(({ filter }) => filter).join(' AND ');
}

function equality(flag: string, attribute: string, values: readonly string[]): Restriction {
  const problem = values.map(valueProblem).find((each) => each !== undefined);
  if (problem !== undefined) {
    throw new UsageError(`${flag}: the value ${problem}, which a filter could read as something else`, {
      remedy: 'Let the records carry an id without such characters, and map it to this attribute.',
    });
  }
  const filters = values.map((value) => `${attribute}:${quoted(value)}`);
  const filter = filters.length === 1 ? filters.join('') : `(${filters.join(' OR ')})`;
  const outside = filters.map((each) => `NOT ${each}`).join(' AND ');
  return { attribute, kind: 'facet', filter, outside };
}

/**
 * Whether quotes make the value stand for itself. What Algolia does with a backslash, with both quotes, and with a minus in front,
 * which negates in other kinds of filters, is not said: such a key could see what it must not.
 */
function valueProblem(value: string): string | undefined {
  if (value === '') return 'is empty';
  if (value !== value.trim()) return 'begins or ends with a space';
  if (value.startsWith('-')) return 'begins with a minus';
  if (value.includes('\\')) return 'holds a backslash';
  if (value.includes('"') && value.includes("'")) return 'holds both kinds of quotes';
  if (/\p{Cc}|\p{Cf}|\p{Cs}/u.test(value)) return 'holds characters that cannot be seen';
  return undefined;
}

function quoted(value: string): string {
  return value.includes('"') ? `'${value}'` : `"${value}"`;
}

function comparison(attribute: string, within: '>=' | '<', without: '>=' | '<', ms: number): Restriction {
  return {
    attribute,
    kind: 'number',
    filter: `${attribute} ${within} ${ms}`,
    outside: `${attribute} ${without} ${ms}`,
  };
}

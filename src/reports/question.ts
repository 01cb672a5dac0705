import { UsageError } from '../errors.ts';
import { type Event, eventMicros, hasValue } from './event.ts';

/** An attribute has one of these values. */
export type Condition = { readonly attribute: string; readonly values: readonly string[] };

/** What a report asks for. Times are microseconds since 1970, the first within, the second outside. */
export type Question = {
  readonly conditions: readonly Condition[];
  readonly fromMicros: bigint | undefined;
  readonly toMicros: bigint | undefined;
};

/** Numbers in filters are documented up to there. https://www.algolia.com/doc/api-reference/api-parameters/filters/ */
const FAR_MS = 4_000_000_000_000_000;

/** The milliseconds in which what is asked for may lie, both included. */
export function millisecondsOf({ fromMicros, toMicros }: Question): {
  readonly fromMs: number;
  readonly toMs: number;
} {
  return {
    fromMs: fromMicros === undefined ? -FAR_MS : floorMs(fromMicros),
    toMs: toMicros === undefined ? FAR_MS : floorMs(toMicros - 1n),
  };
}

function floorMs(micros: bigint): number {
  return Number(micros >= 0n ? micros / 1000n : -((999n - micros) / 1000n));
}

/**
 * The conditions as `facetFilters`, in which a value stands as it is: all of them, one value of each. Throws a UsageError for one that would
 * be read as something else. https://www.algolia.com/doc/api-reference/api-parameters/facetFilters/
 */
export function facetFiltersOf(conditions: readonly Condition[]): (readonly string[])[] {
  return conditions.map(({ attribute, values }) =>
    values.map((value) => `${attribute}:${filterValue(value)}`),
  );
}

function filterValue(value: string): string {
  if (value.trim() === '') throw new UsageError('an id that is empty cannot be asked for');
  if (value.startsWith('\\-'))
    throw new UsageError('an id that begins with \\- cannot be asked for: a filter reads it as one with -');
  // Quotes around the whole of it would fall off.
  if (value.length > 1 && value.startsWith('"') && value.endsWith('"')) return `"${value}"`;
  return value.startsWith('-') ? `\\${value}` : value;
}

export type Judgement = 'asked for' | 'differs in case' | 'beyond the window' | 'something else';

/** What an index answers to the filters is more than what was asked for: they know milliseconds, and no case. */
export function judge(event: Event, { conditions, fromMicros, toMicros }: Question, time: string): Judgement {
  const all = (foldsCase: boolean): boolean =>
    conditions.every(({ attribute, values }) =>
      values.some((value) => hasValue(event, attribute, value, foldsCase)),
    );
  if (!all(false)) return all(true) ? 'differs in case' : 'something else';
  const micros = eventMicros(event, time);
  if (micros === undefined) return 'something else';
  const isWithin =
    (fromMicros === undefined || micros >= fromMicros) && (toMicros === undefined || micros < toMicros);
  return isWithin ? 'asked for' : 'beyond the window';
}

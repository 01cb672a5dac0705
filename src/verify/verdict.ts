import { canonicalJson } from './canonical-json.ts';
import type { Expectation, NoRecord } from './expectations.ts';

export type Difference = 'missing' | 'extra' | 'differing';

/** What there is to say of one objectID: that row and record agree, in which way they differ, or why they need not agree. */
export type Verdict =
  | { readonly kind: 'agrees' }
  | { readonly kind: Difference; readonly attributes: readonly string[] }
  | { readonly kind: 'newer' | 'deadLetters' | 'belowFloor' | 'retained' };

export type Differing = Extract<Verdict, { readonly attributes: readonly string[] }>;

export function isDifference(verdict: Verdict): verdict is Differing {
  return 'attributes' in verdict;
}

export type Circumstances = {
  /** A row's deletion takes its record away. */
  readonly followsDeletes: boolean;
  /** The index is being swept for somebody. */
  readonly isErasing: boolean;
  /** By the time that it says, a record is below the floor of its table. */
  readonly isBelowFloor: boolean;
};

type Actual = { readonly leaf: string; readonly mapped: Readonly<Record<string, unknown>> } | undefined;

/** `expected` are the rows with the objectID: none, one, or where nothing makes it unique several, of which one has the record. */
export function verdictOf(
  expected: readonly Expectation[],
  actual: Actual,
  { followsDeletes, isErasing, isBelowFloor }: Circumstances,
): Verdict {
  const records = expected.filter((each) => each.kind === 'record');
  const [first] = records;
  if (first !== undefined) {
    if (actual === undefined) return { kind: 'missing', attributes: [] };
    if (records.some(({ leaf }) => leaf === actual.leaf)) return { kind: 'agrees' };
    return { kind: 'differing', attributes: differingNames(first.mapped, actual.mapped) };
  }
  if (actual === undefined) return { kind: 'agrees' };
  const [none] = expected;
  if (none?.kind === 'none') return withoutRecord(none.why, isErasing);
  if (isBelowFloor) return { kind: 'belowFloor' };
  return followsDeletes ? { kind: 'extra', attributes: [] } : { kind: 'retained' };
}

/** Of a row that is to have none there is one: it is being swept away, or is what was there before the row could not be a record any more. */
function withoutRecord(why: NoRecord, isErasing: boolean): Verdict {
  const isExcused = why === 'belowFloor' || why === 'unfit' || (why === 'erased' && isErasing);
  return isExcused ? { kind: 'agrees' } : { kind: 'extra', attributes: [] };
}

type Mapped = Readonly<Record<string, unknown>>;

/** In the order of the row's attributes, those that only the record has at the end. */
function differingNames(row: Mapped, record: Mapped): readonly string[] {
  const names = new Set([...Object.keys(row), ...Object.keys(record)]);
  const isSame = (name: string): boolean =>
    Object.hasOwn(row, name) === Object.hasOwn(record, name) &&
    (row[name] === record[name] || canonicalJson(row[name]) === canonicalJson(record[name]));
  return [...names].filter((name) => !isSame(name));
}

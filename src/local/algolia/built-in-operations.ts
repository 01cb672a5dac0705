import { elementsOf, memberNamed, membersOf } from './json-spans.ts';
import { Refusal } from './refusal.ts';

/*
 * Operations on an attribute's present value, as {"_operation": …, "value": …} in its place in a partial update.
 * https://www.algolia.com/doc/rest-api/search/partial-update-object
 * They work on JSON text, so that integers beyond 2^53 stay exact. Algolia does not say what becomes of an attribute that is
 * absent or of another type: here it counts as 0 or as an empty array.
 */

type Operation = {
  /** Whether the operand must be a number, an integer, or may be text as well. */
  readonly operand: 'number' | 'integer' | 'scalar';
  /** The new text; `null` leaves the attribute as it is, `IGNORED` the whole record. */
  readonly apply: (current: string | undefined, operand: string) => string | null | typeof IGNORED;
};

/** Answered when a condition does not hold: then nothing of the update is done. */
export const IGNORED = Symbol('ignored');

const INTEGER = /^-?\d+$/;
const NUMBER = /^-?\d/;

const OPERATIONS: Readonly<Record<string, Operation>> = {
  Increment: { operand: 'number', apply: (current, operand) => sum(numberOf(current), operand) },
  Decrement: { operand: 'number', apply: (current, operand) => sum(numberOf(current), negated(operand)) },
  IncrementFrom: {
    operand: 'integer',
    apply: (current, operand) => (compared(numberOf(current), operand) === 0 ? sum(operand, '1') : IGNORED),
  },
  IncrementSet: {
    operand: 'integer',
    apply: (current, operand) => (compared(numberOf(current), operand) < 0 ? operand : IGNORED),
  },
  Add: { operand: 'scalar', apply: (current, operand) => listText([...listOf(current), operand]) },
  AddUnique: {
    operand: 'scalar',
    apply: (current, operand) =>
      listOf(current).some((element) => areSame(element, operand))
        ? null
        : listText([...listOf(current), operand]),
  },
  Remove: {
    operand: 'scalar',
    apply: (current, operand) => {
      const kept = listOf(current).filter((element) => !areSame(element, operand));
      return kept.length === listOf(current).length ? null : listText(kept);
    },
  },
};

/** Throws a Refusal (400) for first-level attributes whose operation is none or has an operand of the wrong type. */
export function checkBuiltIns(body: Readonly<Record<string, unknown>>, near: () => string): void {
  for (const attribute of Object.values(body)) {
    if (!isBuiltIn(attribute)) continue;
    const { _operation: name, value } = attribute;
    const operation = Object.hasOwn(OPERATIONS, String(name)) ? OPERATIONS[String(name)] : undefined;
    if (operation === undefined) throw new Refusal(400, `Invalid _operation in a partial update${near()}`);
    if (!isOperand(value, operation.operand))
      throw new Refusal(400, `Invalid value for the _operation ${String(name)}${near()}`);
  }
}

/**
 * What becomes of an attribute whose text is `current` under the text of a change: the change itself unless it is an operation,
 * `null` to leave the attribute alone, or `IGNORED`.
 */
export function changedText(current: string | undefined, change: string): ReturnType<Operation['apply']> {
  if (!change.startsWith('{')) return change;
  const json = Buffer.from(change);
  const members = membersOf(json);
  const textOf = (key: string) => {
    const member = memberNamed(members, key);
    return member === undefined ? undefined : json.toString('utf8', member.start, member.end);
  };
  const name = textOf('_operation');
  if (name === undefined) return change;
  const operation = OPERATIONS[JSON.parse(name) as string];
  if (operation === undefined) return change;
  return operation.apply(current, textOf('value') ?? '0');
}

function isBuiltIn(value: unknown): value is { readonly _operation: unknown; readonly value?: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && '_operation' in value;
}

function isOperand(value: unknown, expected: Operation['operand']): boolean {
  if (expected === 'scalar') return typeof value === 'string' || typeof value === 'number';
  return expected === 'integer' ? Number.isInteger(value) : Number.isFinite(value);
}

function numberOf(text: string | undefined): string {
  return text !== undefined && NUMBER.test(text) ? text : '0';
}

function sum(left: string, right: string): string {
  if (INTEGER.test(left) && INTEGER.test(right)) return String(BigInt(left) + BigInt(right));
  const total = Number(left) + Number(right);
  return Number.isFinite(total) ? String(total) : left;
}

function negated(number: string): string {
  return number.startsWith('-') ? number.slice(1) : `-${number}`;
}

/** Below, at or above 0 as `left` is below, equal to or above `right`. */
function compared(left: string, right: string): number {
  if (!INTEGER.test(left) || !INTEGER.test(right)) return Math.sign(Number(left) - Number(right));
  const difference = BigInt(left) - BigInt(right);
  return difference === 0n ? 0 : difference < 0n ? -1 : 1;
}

function listOf(text: string | undefined): string[] {
  if (text?.startsWith('[') !== true) return [];
  const json = Buffer.from(text);
  return elementsOf(json).map(({ start, end }) => json.toString('utf8', start, end));
}

function listText(elements: readonly string[]): string {
  return `[${elements.join(',')}]`;
}

/** Numbers and texts that are written differently may be the same. */
function areSame(left: string, right: string): boolean {
  if (left === right) return true;
  return NUMBER.test(left) && NUMBER.test(right)
    ? compared(left, right) === 0
    : left.startsWith('"') && right.startsWith('"') && JSON.parse(left) === JSON.parse(right);
}

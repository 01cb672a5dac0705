import type { Draft } from '../records/operations.ts';
import { placeOf } from '../records/transaction.ts';
import type { Failure } from './open-draft.ts';

/** The text of a finished record, without the brace that closes it; or why it cannot be one. */
export function recordJson(draft: Draft, record: object, recordBytesMax: number): string | Failure {
  const { table, objectID, transaction } = draft;
  const problem = (text: string): Failure => ({
    problem: 'not-a-record',
    message: `${table}: what transform returned ${text}, ${placeOf(transaction)}`,
  });
  if (!isPlain(record)) return problem('is no plain object');
  const given = record as Readonly<Record<string, unknown>>;
  if (isOther(given['objectID'], objectID)) return problem('has another objectID');
  if (isOther(given['source_table'], table)) return problem('has another source_table');
  const reserved = Object.keys(given).find((name) => name === 'wal' || name.startsWith('_') || name === '');
  if (reserved !== undefined)
    return problem('has an attribute whose name is reserved: wal, or one that begins with _');
  let json: string;
  try {
    json = JSON.stringify(Object.assign({ objectID }, given, { objectID, source_table: table }));
    if (!isJson(given))
      return problem('is not JSON: it holds a function, a symbol or an object that is not plain');
  } catch {
    return problem('is not JSON: it holds a BigInt or itself');
  }
  const bytes = Buffer.byteLength(json) + transaction.wal.bytes.length - END_BYTES;
  if (bytes <= recordBytesMax) return json.slice(0, -1);
  const message = `${table}: a record is larger than ${recordBytesMax} bytes behind its transform, with ${bytes}, ${placeOf(transaction)}`;
  return { problem: 'too-large', message };
}

/** Of the braces at the end of an operation one closes the record, the other the operation. */
const END_BYTES = 2;

/** What is left out is put in. */
function isOther(value: unknown, expected: string): boolean {
  return value !== undefined && value !== expected;
}

function isPlain(value: object): boolean {
  if (Array.isArray(value)) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** Whether nothing of it was lost when it became JSON, as Map, Set and functions are without a word. It holds no cycles. */
function isJson(value: unknown): boolean {
  if (typeof value === 'function' || typeof value === 'symbol') return false;
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isJson);
  if ('toJSON' in value && typeof value.toJSON === 'function') return true;
  return isPlain(value) && Object.values(value).every(isJson);
}

import { isUtf8 } from 'node:buffer';
import { randomBytes } from 'node:crypto';
import type { Right } from './api-key.ts';
import { checkBuiltIns } from './built-in-operations.ts';
import { endOfValue, type Span, visitElements, visitMembers } from './json-spans.ts';
import type { Limits } from './limits.ts';
import { recordWithObjectID } from './record-text.ts';
import { Refusal } from './refusal.ts';
import type { WriteOperation } from './write-operation.ts';

const SIZE_PAGE =
  'https://www.algolia.com/doc/guides/sending-and-managing-data/prepare-your-data/in-depth/index-and-records-size-and-usage-limitations/#record-size-limits';

/** The right that each batch action asks for. */
export const ACTION_RIGHTS = {
  addObject: 'addObject',
  updateObject: 'addObject',
  partialUpdateObject: 'addObject',
  partialUpdateObjectNoCreate: 'addObject',
  deleteObject: 'deleteObject',
  delete: 'deleteIndex',
  clear: 'deleteIndex',
} as const satisfies Record<string, Right>;

export type Action = keyof typeof ACTION_RIGHTS;

export type RecordLimits = Readonly<Pick<Limits, 'recordBytesMax' | 'infrastructure'>>;

export type BatchEntry = {
  readonly action: Action;
  /** Given in a multiple batch only. */
  readonly indexName: string | undefined;
  readonly objectID: string | undefined;
  readonly operation: WriteOperation;
  /** In the list, from 0. */
  readonly position: number;
  /** Where it stands in the text, as the end of a message. */
  readonly near: () => string;
};

/**
 * Reads the entries of a batch from its bytes. Records keep their text; only line breaks between their members become blanks, and an
 * objectID that is no string is made one. Throws a Refusal (400) for the whole batch at the first entry that Algolia would not take.
 */
export function readBatch(body: Buffer, limits: RecordLimits): BatchEntry[] {
  const parsed = parseJson(body);
  const requests = isObject(parsed) ? parsed['requests'] : undefined;
  if (!Array.isArray(requests)) throw new Refusal(400, 'Missing or invalid "requests" attribute');
  const json = withoutLineBreaks(body);
  const spans = entrySpans(json);
  return requests.map((request: unknown, position) => {
    const near = () => nearText(body, spans[position]?.entry ?? 0);
    return readEntry(request, json, spans[position], { position, near, limits });
  });
}

/** Parses a body without repeating any of it in the error. */
export function parseJson(body: Buffer): unknown {
  if (!isUtf8(body)) throw new Refusal(400, 'Invalid JSON: the body is not UTF-8');
  const text = body.toString();
  try {
    return JSON.parse(text);
  } catch (error) {
    const position = /position (\d+)/.exec(String(error))?.[1];
    throw new Refusal(
      400,
      `Invalid JSON${nearText(body, position === undefined ? body.length : Number(position))}`,
    );
  }
}

/** One object of a request of its own; `id` from the URL wins over the one in the record. */
export function readObject(
  action: Action,
  body: Buffer,
  id: string | undefined,
  limits: RecordLimits,
): BatchEntry {
  const parsed = parseJson(body);
  if (!isObject(parsed)) throw new Refusal(400, 'Invalid JSON: expected an object');
  const json = withoutLineBreaks(body);
  const start = json.indexOf('{');
  const record = json.subarray(start, json.lastIndexOf('}') + 1);
  const content = id === undefined || parsed['objectID'] === id ? record : recordWithObjectID(record, id);
  const given = id === undefined ? parsed : { ...parsed, objectID: id };
  return entryOf({
    action,
    indexName: undefined,
    body: given,
    record: content,
    position: 0,
    near: () => nearText(body, start),
    limits,
  });
}

function readEntry(request: unknown, json: Buffer, span: EntrySpan | undefined, place: Place): BatchEntry {
  if (!isObject(request) || span === undefined)
    throw new Refusal(400, `Invalid request in "requests"${place.near()}`);
  const { action, indexName, body } = request;
  if (typeof action !== 'string' || !Object.hasOwn(ACTION_RIGHTS, action)) {
    throw new Refusal(400, `Invalid action: ${String(action)}${place.near()}`);
  }
  const record = span.body === undefined ? EMPTY : json.subarray(span.body.start, span.body.end);
  return entryOf({
    action: action as Action,
    indexName: typeof indexName === 'string' ? indexName : undefined,
    body: isObject(body) ? body : undefined,
    record,
    ...place,
  });
}

const EMPTY = Buffer.from('{}');

/** Where an entry begins, and where its `body` stands. */
type EntrySpan = { readonly entry: number; readonly body: Span | undefined };

/** Of each element of `requests`, in one pass over the text. */
function entrySpans(json: Buffer): EntrySpan[] {
  let spans: EntrySpan[] = [];
  visitMembers(json, 0, (key, list) => {
    if (key !== 'requests') return endOfValue(json, list);
    spans = [];
    if (json[list] !== OPEN_BRACKET) return endOfValue(json, list);
    return visitElements(json, list, (entry) => {
      if (json[entry] !== OPEN_BRACE) {
        spans.push({ entry, body: undefined });
        return endOfValue(json, entry);
      }
      let body: Span | undefined;
      const entryEnd = visitMembers(json, entry, (name, start) => {
        const end = endOfValue(json, start);
        if (name === 'body') body = { start, end };
        return end;
      });
      spans.push({ entry, body });
      return entryEnd;
    });
  });
  return spans;
}

const OPEN_BRACKET = 0x5b;
const OPEN_BRACE = 0x7b;

type Place = Pick<BatchEntry, 'position' | 'near'> & { readonly limits: RecordLimits };

type Draft = Place & {
  readonly action: Action;
  readonly indexName: string | undefined;
  readonly body: Record<string, unknown> | undefined;
  readonly record: Buffer;
};

function entryOf(draft: Draft): BatchEntry {
  const { action, body, position, near } = draft;
  const head = { action, indexName: draft.indexName, position, near };
  if (action === 'clear') return { ...head, objectID: undefined, operation: { kind: 'clear' } };
  if (action === 'delete') return { ...head, objectID: undefined, operation: { kind: 'drop' } };
  if (body === undefined) throw new Refusal(400, `Missing or invalid "body" attribute${near()}`);
  const objectID = objectIDOf(draft, body);
  if (action === 'deleteObject') return { ...head, objectID, operation: { kind: 'delete', objectID } };
  const record = body['objectID'] === objectID ? draft.record : recordWithObjectID(draft.record, objectID);
  checkSize(record, objectID, draft);
  if (action === 'addObject' || action === 'updateObject') {
    return { ...head, objectID, operation: { kind: 'set', objectID, record } };
  }
  checkBuiltIns(body, near);
  return {
    ...head,
    objectID,
    operation: { kind: 'merge', objectID, record, create: action === 'partialUpdateObject' },
  };
}

/** Strings and integers go in, strings come out; only `addObject` makes one up. */
function objectIDOf({ action, near }: Draft, body: Record<string, unknown>): string {
  const { objectID } = body;
  if (typeof objectID === 'string' && objectID !== '') return objectID;
  if (typeof objectID === 'number' && Number.isSafeInteger(objectID)) return String(objectID);
  if (objectID !== undefined && objectID !== null) {
    throw new Refusal(400, `Invalid object attributes: objectID must be a string or an integer${near()}`);
  }
  if (action === 'addObject') return randomBytes(10).toString('hex');
  throw new Refusal(400, `The 'objectID' attribute is required to use action=${action}${near()}`);
}

function checkSize(record: Buffer, objectID: string, { position, limits }: Draft): void {
  const { recordBytesMax, infrastructure } = limits;
  if (record.length <= recordBytesMax) return;
  const size = `size=${record.length}/${recordBytesMax} bytes`;
  const message = `Record at the position ${position} objectID=${objectID} is too big ${size}. Please have a look at ${SIZE_PAGE}`;
  throw new Refusal(400, message, infrastructure === 'old' ? { position, objectID } : {});
}

/** Line breaks cannot stand inside a JSON string, so between values they may become blanks: the log has a record a line. */
function withoutLineBreaks(body: Buffer): Buffer {
  if (!body.includes(0x0a) && !body.includes(0x0d)) return body;
  return Buffer.from(body.map((byte) => (byte === 0x0a || byte === 0x0d ? 0x20 : byte)));
}

function nearText(json: Buffer, position: number): string {
  const before = json.toString('utf8', 0, position);
  const line = before.split('\n').length;
  return ` near line:${line} column:${before.length - before.lastIndexOf('\n')}`;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

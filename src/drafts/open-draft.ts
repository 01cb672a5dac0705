import type { JsonValue, MappedRecord } from '../config/transform-schema.ts';
import type { RecordProblem } from '../errors.ts';
import type { Draft } from '../records/operations.ts';

/** A row that turned out not to be a record; names and sizes, never values. */
export type Failure = { readonly problem: RecordProblem; readonly message: string };

/** What has become of a draft so far; each step of finishing it takes what the one before left. */
export type OpenDraft = {
  readonly draft: Draft;
  /** Its record, without the commit that brought it; null for none. */
  record: MappedRecord | object | null;
  /** Why it will not be one: nothing more is done to it. */
  failure: Failure | undefined;
};

export function openDraft(draft: Draft): OpenDraft {
  return { draft, record: parse(draft), failure: undefined };
}

/** `{"action":"updateObject","body":` stands in front of the record, the annotation of its commit behind it. */
const HEAD_BYTES = '{"action":"updateObject","body":'.length;

/** The record as it would be sent if nothing were left to do. */
export function draftText({ bytes, start, end }: Pick<Draft, 'bytes' | 'start' | 'end'>): string {
  return bytes.toString('utf8', start + HEAD_BYTES, end - 1);
}

function parse({ bytes, start, end, transaction }: Draft): MappedRecord {
  const mapped = bytes.toString('utf8', start + HEAD_BYTES, end - transaction.wal.bytes.length);
  return JSON.parse(`${mapped}}`) as MappedRecord & JsonValue;
}

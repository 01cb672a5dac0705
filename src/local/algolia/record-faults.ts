import { Refusal } from './refusal.ts';

/** What is wrong with records, so that the whole request that holds one is refused. */
export type RecordEffect =
  /**
   * Refuses records of these objectIDs, and those whose JSON holds the text. `fields` names the first of them in the message and in
   * fields of the body, as Algolia's older clusters do, `message` in the message alone, `nothing` not at all. In a message of one's own
   * {position}, {objectID} and {near} are filled in.
   */
  | {
      readonly kind: 'poison';
      readonly objectIDs?: readonly string[];
      readonly text?: string;
      /** 400 when absent. */
      readonly status?: number;
      /** `fields` when absent. */
      readonly names?: 'fields' | 'message' | 'nothing';
      readonly message?: string;
    }
  /** Refuses what would bring the records written since the fault was armed above a number; removals pass. 403 when no status is given. */
  | {
      readonly kind: 'quota';
      readonly recordsMax: number;
      readonly status?: number;
      readonly message?: string;
    };

/** A record of a request, and where it stands there: in the list from 0, and as the end of a message. */
export type WrittenRecord = {
  readonly index: string;
  readonly objectID: string;
  readonly json: Buffer;
  readonly position: number;
  readonly near: () => string;
};

const NAMED = 'Record at the position {position} objectID={objectID} is invalid';
const UNNAMED = 'Invalid object attributes{near}';

/** Undefined when the fault lets the records of a request pass, as it did with `passed` others. */
export function refusalOf(
  fault: RecordEffect,
  records: readonly WrittenRecord[],
  passed: number,
): Refusal | undefined {
  if (fault.kind === 'quota') {
    if (records.length === 0 || passed + records.length <= fault.recordsMax) return undefined;
    return new Refusal(fault.status ?? 403, fault.message ?? 'You have exceeded your Record quota');
  }
  const poisoned = records.find((record) => isPoisoned(fault, record));
  if (poisoned === undefined) return undefined;
  const { names = 'fields', status = 400, message = names === 'nothing' ? UNNAMED : NAMED } = fault;
  const { position, objectID } = poisoned;
  return new Refusal(status, filledIn(message, poisoned), names === 'fields' ? { position, objectID } : {});
}

function isPoisoned(
  { objectIDs = [], text }: RecordEffect & { kind: 'poison' },
  { objectID, json }: WrittenRecord,
): boolean {
  return objectIDs.includes(objectID) || (text !== undefined && json.includes(text));
}

function filledIn(message: string, { position, objectID, near }: WrittenRecord): string {
  const values = { '{position}': () => String(position), '{objectID}': () => objectID, '{near}': near };
  return message.replace(/\{(?:position|objectID|near)\}/g, (name) => values[name as keyof typeof values]());
}

import { changedText, IGNORED } from './built-in-operations.ts';
import { elementsOf, type Member, memberNamed, membersOf, type Span } from './json-spans.ts';

/*
 * Records are changed and narrowed as text, so that what is not touched keeps its bytes: numbers beyond 2^53 among them.
 */

/** The record with its objectID as a string in front, whatever stood there. */
export function recordWithObjectID(record: Buffer, objectID: string): Buffer {
  const members = membersOf(record).filter((member) => member.key !== 'objectID');
  return objectOf([
    `"objectID":${JSON.stringify(objectID)}`,
    ...members.map((member) => textOf(record, member)),
  ]);
}

/**
 * First-level attributes of `change` take the place of those of `record`, if there is one, or say what to do with them; new ones
 * follow. Undefined when a condition of the change does not hold.
 */
export function mergedRecord(record: Buffer | undefined, change: Buffer): Buffer | undefined {
  const changes = new Map(membersOf(change).map((member) => [member.key, member]));
  const members = record === undefined ? [] : membersOf(record);
  const texts = new Map<string, string | null>();
  let isPlain = true;
  for (const [key, member] of changes) {
    const current = memberNamed(members, key);
    const before = current === undefined ? undefined : record?.toString('utf8', current.start, current.end);
    const given = valueText(change, member);
    const text = changedText(before, given);
    if (text === IGNORED) return undefined;
    isPlain &&= text === given;
    texts.set(key, text);
  }
  if (record === undefined && isPlain) return change;
  const kept = members.map((member) =>
    memberText(member.key, texts.get(member.key) ?? valueText(record ?? change, member)),
  );
  const added = [...texts].flatMap(([key, text]) =>
    text === null || memberNamed(members, key) !== undefined ? [] : [memberText(key, text)],
  );
  return objectOf([...kept, ...added]);
}

/** Which attributes to give back: paths such as `metadata.tags`; `all` with exceptions, or just those named. */
export type Selection = {
  readonly all: boolean;
  readonly names: readonly string[];
  readonly except: readonly string[];
};

/** The record's own bytes where nothing is left out; `objectID` always stays. */
export function narrowedRecord(record: Buffer, selection: Selection): Buffer {
  if (selection.all && selection.except.length === 0) return record;
  const wanted = selection.all ? undefined : ['objectID', ...selection.names];
  const except = selection.except.filter((name) => name !== 'objectID');
  return Buffer.from(narrowedValue(record, wanted, except) ?? '{}');
}

function narrowedValue(
  json: Buffer,
  wanted: readonly string[] | undefined,
  except: readonly string[],
): string | undefined {
  if (json[0] === 0x5b) {
    const elements = elementsOf(json).map(({ start, end }) =>
      narrowedValue(json.subarray(start, end), wanted, except),
    );
    return `[${elements.filter((element) => element !== undefined).join(',')}]`;
  }
  if (json[0] !== 0x7b) return wanted === undefined ? json.toString() : undefined;
  const members = membersOf(json).flatMap((member): string[] => {
    if (except.includes(member.key)) return [];
    const inner = below(except, member.key);
    const whole = wanted === undefined || wanted.includes(member.key) || wanted.includes('*');
    const innerWanted = whole ? undefined : below(wanted, member.key);
    if (innerWanted?.length === 0) return [];
    if (whole && inner.length === 0) return [textOf(json, member)];
    const value = narrowedValue(json.subarray(member.start, member.end), innerWanted, inner);
    return value === undefined ? [] : [`${JSON.stringify(member.key)}:${value}`];
  });
  return `{${members.join(',')}}`;
}

/** Those of the paths that lie below `key`, without it. */
export function below(names: readonly string[], key: string): string[] {
  return names.flatMap((name) => (name.startsWith(`${key}.`) ? [name.slice(key.length + 1)] : []));
}

function textOf(json: Buffer, member: Member): string {
  return memberText(member.key, valueText(json, member));
}

function memberText(key: string, value: string): string {
  return `${JSON.stringify(key)}:${value}`;
}

function valueText(json: Buffer, { start, end }: Span): string {
  return json.toString('utf8', start, end);
}

function objectOf(members: readonly string[]): Buffer {
  return Buffer.from(`{${members.join(',')}}`);
}

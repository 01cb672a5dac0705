import { elementsOf, type Member, memberNamed, membersOf } from './json-spans.ts';

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

/** First-level attributes of `change` take the place of those of `record`; new ones follow. */
export function mergedRecord(record: Buffer, change: Buffer): Buffer {
  const changes = membersOf(change);
  const members = membersOf(record);
  const kept = members.map((member) => {
    const replacement = memberNamed(changes, member.key);
    return replacement === undefined ? textOf(record, member) : textOf(change, replacement);
  });
  const added = changes.filter((member) => memberNamed(members, member.key) === undefined);
  return objectOf([...kept, ...added.map((member) => textOf(change, member))]);
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

function below(names: readonly string[], key: string): string[] {
  return names.flatMap((name) => (name.startsWith(`${key}.`) ? [name.slice(key.length + 1)] : []));
}

function textOf(json: Buffer, member: Member): string {
  return `${JSON.stringify(member.key)}:${json.toString('utf8', member.start, member.end)}`;
}

function objectOf(members: readonly string[]): Buffer {
  return Buffer.from(`{${members.join(',')}}`);
}

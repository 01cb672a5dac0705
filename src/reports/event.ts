import { jsonMembers } from '../algolia/json-members.ts';

/** The attributes of the records that a report goes by. */
export type EventAttributes = {
  /** A timestamp; its milliseconds stand under `<time>_ms`. */
  readonly time: string;
  /** A number that tells records of one millisecond apart. */
  readonly sequence: string;
};

/** A record as it was found: each attribute the text of its JSON. */
export type Event = {
  readonly members: ReadonlyMap<string, string>;
  /** undefined where it has no such number. */
  readonly ms: number | undefined;
  readonly sequence: number | undefined;
};

/** What Algolia adds to a record that it finds. */
const ADDED = ['_highlightResult', '_snippetResult', '_rankingInfo', '_distinctSeqID'];

/** Throws a SyntaxError for what is no object of JSON. */
export function readEvent(text: string, { time, sequence }: EventAttributes): Event {
  const all = jsonMembers(text);
  const isPlain = ADDED.every((name) => !all.has(name));
  const members = isPlain ? all : new Map([...all].filter(([name]) => !ADDED.includes(name)));
  return {
    members,
    ms: wholeNumber(members.get(`${time}_ms`)),
    sequence: wholeNumber(members.get(sequence)),
  };
}

/** As the record stood, without what Algolia has added. */
export function eventText({ members }: Event): string {
  return `{${[...members].map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

/** Microseconds since 1970, of which the text of the time tells the last three digits; undefined without a time. */
export function eventMicros({ members, ms }: Event, time: string): bigint | undefined {
  if (ms === undefined) return undefined;
  const fraction = /\.(\d{1,6})Z"$/.exec(members.get(time) ?? '')?.[1] ?? '';
  return BigInt(ms) * 1000n + BigInt(fraction.padEnd(6, '0').slice(3));
}

/** Whether an attribute has this value, or as a list holds it; `foldsCase` as Algolia compares. */
export function hasValue({ members }: Event, attribute: string, value: string, foldsCase = false): boolean {
  const folded = (text: string): string => (foldsCase ? text.toLowerCase() : text);
  const wanted = folded(value);
  const given = attribute.includes('.') ? nestedValue(members, attribute) : members.get(attribute);
  return scalars(given).some((text) => folded(text) === wanted);
}

/** The texts of a value, or of the elements of a list. */
export function scalars(json: string | undefined): readonly string[] {
  if (json === undefined || json === 'null') return [];
  if (json.startsWith('[')) {
    const list: unknown = JSON.parse(json);
    return Array.isArray(list) ? list.filter(isScalar).map(String) : [];
  }
  if (json.startsWith('"')) return [String(JSON.parse(json))];
  return json.startsWith('{') ? [] : [json];
}

function nestedValue(members: ReadonlyMap<string, string>, path: string): string | undefined {
  const [first = '', ...rest] = path.split('.');
  const value = members.get(path) ?? members.get(first);
  if (value === undefined || rest.length === 0 || members.has(path)) return value;
  return value.startsWith('{') ? nestedValue(jsonMembers(value), rest.join('.')) : undefined;
}

function isScalar(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean';
}

function wholeNumber(json: string | undefined): number | undefined {
  const number = json === undefined || !/^-?\d+$/.test(json) ? Number.NaN : Number(json);
  return Number.isSafeInteger(number) ? number : undefined;
}

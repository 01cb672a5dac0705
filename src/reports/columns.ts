import { jsonMembers } from '../algolia/json-members.ts';
import type { Event } from './event.ts';

/** A column of a report: a name that says the zone of times, and the JSON that stands there, undefined for none. */
export type Column = {
  readonly name: string;
  readonly of: (event: Event) => string | undefined;
};

/** Of a record that was streamed. */
const WAL_COLUMNS = [
  ['wal.committed_at_utc', 'committed_at'],
  ['wal.lsn', 'lsn'],
  ['wal.xid', 'xid'],
] as const;

/**
 * The columns of a report, from its first records: the time, then the attributes as they stand there. Milliseconds that stand beside a
 * time are left out. What only later records have goes into the last column, `more`, as one object of JSON.
 */
export function columnsOf(events: readonly Event[], time: string): readonly Column[] {
  const names = new Set([time, ...events.flatMap(({ members }) => [...members.keys()])]);
  names.delete('wal');
  const isShown = (name: string): boolean => !(name.endsWith('_ms') && names.has(name.slice(0, -3)));
  const shown = [...names].filter(isShown);
  const known = new Set([...names, 'wal']);
  return [
    ...shown.map((name) => ({
      name: names.has(`${name}_ms`) || name === time ? `${name}_utc` : name,
      of: ({ members }: Event) => members.get(name),
    })),
    ...WAL_COLUMNS.map(([name, key]) => ({ name, of: (event: Event) => walMember(event, key) })),
    { name: 'more', of: ({ members }: Event) => otherMembers(members, known) },
  ];
}

function walMember({ members }: Event, key: string): string | undefined {
  const wal = members.get('wal');
  return wal?.startsWith('{') ? jsonMembers(wal).get(key) : undefined;
}

function otherMembers(members: ReadonlyMap<string, string>, known: ReadonlySet<string>): string | undefined {
  const others = [...members].filter(([name]) => !known.has(name));
  if (others.length === 0) return undefined;
  return `{${others.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(',')}}`;
}

/** What a person reads: texts without quotes, nothing for null, all else as its JSON. */
export function plainText(json: string | undefined): string {
  if (json === undefined || json === 'null') return '';
  return json.startsWith('"') ? String(JSON.parse(json)) : json;
}

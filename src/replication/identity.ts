import type { Client } from 'pg';
import { type Lsn, parseLsn } from '../lsn.ts';

/** What IDENTIFY_SYSTEM answers. https://www.postgresql.org/docs/current/protocol-replication.html */
export type SystemIdentity = { readonly systemId: string; readonly timeline: number; readonly walEnd: Lsn };

/** To be asked on a replication connection, as all of this. */
export async function identifySystem(client: Client): Promise<SystemIdentity> {
  const { rows } = await client.query<{ systemid: string; timeline: number; xlogpos: string }>(
    'IDENTIFY_SYSTEM',
  );
  const row = rows[0];
  if (row === undefined) throw new Error('IDENTIFY_SYSTEM has given no answer');
  return { systemId: row.systemid, timeline: Number(row.timeline), walEnd: parseLsn(row.xlogpos) };
}

/** Where the server's timeline has left an earlier one, undefined when it does not descend from that. */
export async function readFork(client: Client, timeline: number, earlier: number): Promise<Lsn | undefined> {
  // The first timeline has no history.
  if (timeline <= earlier) return undefined;
  const { rows } = await client.query<{ content: string | Buffer }>(`TIMELINE_HISTORY ${timeline}`);
  return forkIn(String(rows[0]?.content ?? ''), earlier);
}

/** Each line of a history holds a timeline, the position at which the next one took over, and why. */
export function forkIn(history: string, earlier: number): Lsn | undefined {
  for (const line of history.split('\n')) {
    const [timeline, switchpoint = ''] = line.trim().split(/\s+/);
    if (timeline === String(earlier)) return parseLsn(switchpoint);
  }
  return undefined;
}

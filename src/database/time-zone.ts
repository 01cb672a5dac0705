import { closed, connect } from './connection.ts';

/** The zone of a session that asks for none, as server, database and this role have it. Rejects with `pg`'s error. */
export async function readTimeZone(url: string, applicationName: string): Promise<string> {
  const client = await connect(url, { applicationName, leavesTimeZone: true });
  try {
    const { rows } = await client.query<{ zone: string }>("SELECT current_setting('TimeZone') AS zone");
    return rows[0]?.zone ?? 'UTC';
  } finally {
    await closed(client);
  }
}

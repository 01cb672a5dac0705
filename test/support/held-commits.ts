import { onTestFinished } from 'vitest';
import { connect, type TestDatabase } from './postgres.ts';
import { waitFor } from './wait-for.ts';

/** The setting holds once the checkpointer knows of it; a commit that waits is let go again. */
export async function commitsAreHeld({ url, client }: Pick<TestDatabase, 'url' | 'client'>): Promise<void> {
  const probe = await connect(url);
  onTestFinished(() => probe.end().catch(() => undefined));
  let held = false;
  const attempts = async (): Promise<void> => {
    while (!held)
      await probe.query('SELECT pg_current_xact_id(), pg_logical_emit_message(true, $1, $1)', ['probe']);
  };
  const probing = attempts();
  probing.catch(() => undefined);
  await waitFor(
    async () => {
      const { rows } = await client.query(`SELECT pid FROM pg_stat_activity WHERE wait_event = 'SyncRep'`);
      held = rows.length > 0;
      if (held) await client.query('SELECT pg_cancel_backend($1)', [rows[0].pid]);
      return held;
    },
    { description: 'a commit to be held' },
  );
  await probing;
}

/** The setting that held them is over once the checkpointer knows of it, which may take as long as whoever waits has patience. */
export async function commitsAreFree({ url }: Pick<TestDatabase, 'url'>): Promise<void> {
  const probe = await connect(url);
  try {
    await probe.query('SELECT pg_current_xact_id(), pg_logical_emit_message(true, $1, $1)', ['probe']);
  } finally {
    await probe.end();
  }
}

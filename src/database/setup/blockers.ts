import { setTimeout as delay } from 'node:timers/promises';
import type { Client } from 'pg';
import { PreconditionError, ShutdownDeadlineError } from '../../errors.ts';
import { sqlState } from '../failures.ts';

/** Most statements are done long before. */
const GRACE_MS = 300;
const LOOK_EVERY_MS = 250;
/** After this whoever looks at a silent command would like to know why. */
const STILL_MS = 5_000;

const LOCK_NOT_AVAILABLE = '55P03';
const QUERY_CANCELED = '57014';

const NEW_SLOT = 'pg_create_logical_replication_slot';

export function makesSlot(sql: string): boolean {
  return sql.includes(NEW_SLOT);
}

type Blocker = { readonly who: string; readonly remedy: string };

/** For whoever sits before it. */
export type Waiting = {
  /** Aborted, the statement that waits is cancelled. */
  readonly signal?: AbortSignal | undefined;
  /** Told who holds it up, after some seconds, and again whenever that has become twice as long. */
  readonly onWaiting?: ((text: string) => void) | undefined;
};

type HeldUp = Waiting & {
  readonly client: Client;
  /** Makes a connection of its own. */
  readonly observer: () => Promise<Client>;
};

/**
 * Does `work`, which `client` waits for. When it gives up waiting (lock_timeout, statement_timeout), rejects with a PreconditionError that names who
 * held it up, as an `observer` has seen meanwhile: afterwards nobody waits for anybody any more. Told to end, with a ShutdownDeadlineError.
 */
export async function namingBlockers<T>(held: HeldUp, doing: string, work: () => Promise<T>): Promise<T> {
  const { client, signal } = held;
  if (signal?.aborted) throw toldToEnd(doing);
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pid = rows[0]?.pid ?? 0;
  const done = new AbortController();
  const startedAt = performance.now();
  const watching = watch(pid, held, startedAt, done.signal);
  const onAbort = (): void => void cancel(pid, held);
  signal?.addEventListener('abort', onAbort, { once: true });
  try {
    return await work();
  } catch (error) {
    if (signal?.aborted && (gaveUp(error) || sqlState(error) === undefined)) throw toldToEnd(doing, error);
    if (!gaveUp(error)) throw error;
    done.abort();
    const waitedMs = performance.now() - startedAt;
    const others = makesSlot(doing) ? await readWriters(client, waitedMs) : [];
    const blockers = new Map([...(await watching), ...others].map((each) => [each.remedy, each]));
    throw blocked(doing, waitedMs, [...blockers.values()], error);
  } finally {
    signal?.removeEventListener('abort', onAbort);
    done.abort();
    await watching;
  }
}

/** The server would go on for nobody. Where it cannot be asked to stop, it may still notice that the connection is gone. */
async function cancel(pid: number, { client, observer }: HeldUp): Promise<void> {
  try {
    const other = await observer();
    await other.query('SELECT pg_cancel_backend($1)', [pid]).finally(() => other.end());
  } catch {
    client.connection.stream.destroy();
  }
}

function toldToEnd(doing: string, cause?: unknown): ShutdownDeadlineError {
  return new ShutdownDeadlineError(`told to end before this was done: ${doing}`, {
    cause,
    remedy: 'Run the same command again: what is done so far stays, and it goes on from there.',
  });
}

/** Whether somebody has held it up for too long: trying again may go well. */
export function wasHeldUp(error: unknown): boolean {
  return error instanceof PreconditionError && gaveUp(error.cause);
}

function gaveUp(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === LOCK_NOT_AVAILABLE || code === QUERY_CANCELED;
}

function blocked(
  doing: string,
  waitedMs: number,
  blockers: readonly Blocker[],
  cause: unknown,
): PreconditionError {
  const remedy =
    blockers.length === 0
      ? 'Look at pg_locks and pg_prepared_xacts'
      : `Let them end, or end them: ${blockers.map((each) => each.remedy).join('; ')}`;
  return new PreconditionError(
    `setup waited ${(waitedMs / 1000).toFixed()} s and gave up at: ${doing}. It is held up by ${whoText(blockers)}`,
    {
      cause,
      remedy: `${remedy}. Then run the same command again; what is done so far stays.`,
    },
  );
}

function whoText(blockers: readonly Blocker[]): string {
  return blockers.map((each) => each.who).join('; ') || 'somebody who is gone, or whom this role may not see';
}

function waitingText(blockers: readonly Blocker[], waitedMs: number): string {
  const ends = blockers.map((each) => `; to end it: ${each.remedy}`).join('');
  return `held up for ${(waitedMs / 1000).toFixed()} s by ${whoText(blockers)}${ends}`;
}

/** Those who were seen last. A connection that fails meanwhile only makes the answer poorer. */
async function watch(
  pid: number,
  { observer: connect, onWaiting }: HeldUp,
  startedAtMs: number,
  signal: AbortSignal,
): Promise<readonly Blocker[]> {
  let seen: readonly Blocker[] = [];
  let observer: Client | undefined;
  let tellAtMs = STILL_MS;
  try {
    await delay(GRACE_MS, undefined, { signal });
    observer = await connect();
    while (!signal.aborted) {
      const found = await readBlockers(observer, pid);
      if (found.length > 0) seen = found;
      const waitedMs = performance.now() - startedAtMs;
      if (waitedMs > tellAtMs) {
        onWaiting?.(waitingText(seen, waitedMs));
        tellAtMs = 2 * waitedMs;
      }
      await delay(LOOK_EVERY_MS, undefined, { signal });
    }
  } catch {
    // What was seen stands, and the statement itself says what is wrong.
  } finally {
    await observer?.end().catch(() => undefined);
  }
  return seen;
}

const PROCESS = `format('process %s (%s, %s, database %s), %s%s', a.pid, coalesce(a.usename, a.backend_type),
    coalesce(nullif(a.application_name, ''), 'unnamed'), a.datname, coalesce(a.state, 'in a transaction'),
    ' since ' || a.xact_start::timestamptz(0)) AS who,
  format('SELECT pg_terminate_backend(%s)', a.pid) AS remedy`;

const PREPARED = `format('prepared transaction %L (%s, database %s), since %s', p.gid, p.owner, p.database, p.prepared::timestamptz(0)) AS who,
  format('ROLLBACK PREPARED %L (in database %I)', p.gid, p.database) AS remedy`;

/**
 * A prepared transaction has no process: Postgres says 0 for it. Its locks share a virtual transaction with that on its own id.
 * https://www.postgresql.org/docs/current/functions-info.html https://www.postgresql.org/docs/current/view-pg-locks.html
 */
async function readBlockers(observer: Client, pid: number): Promise<readonly Blocker[]> {
  const { rows } = await observer.query<Blocker>(
    `SELECT ${PROCESS} FROM pg_stat_activity a WHERE a.pid = ANY (pg_blocking_pids($1))
     UNION ALL
     SELECT ${PREPARED} FROM pg_prepared_xacts p
     JOIN pg_locks own ON own.pid IS NULL AND own.locktype = 'transactionid' AND own.transactionid = p.transaction
     WHERE 0 = ANY (pg_blocking_pids($1)) AND EXISTS (
       SELECT FROM pg_locks waits JOIN pg_locks holds
         ON (waits.locktype, waits.database, waits.relation, waits.page, waits.tuple, waits.transactionid, waits.classid, waits.objid, waits.objsubid)
           IS NOT DISTINCT FROM
            (holds.locktype, holds.database, holds.relation, holds.page, holds.tuple, holds.transactionid, holds.classid, holds.objid, holds.objsubid)
       WHERE waits.pid = $1 AND NOT waits.granted AND holds.granted AND holds.pid IS NULL
         AND holds.virtualtransaction = own.virtualtransaction)`,
    [pid],
  );
  return rows;
}

/**
 * Who else would hold up the next attempt. A new slot waits for every transaction that was writing when it was asked for, prepared ones
 * included, in any database, for one after the other. https://www.postgresql.org/docs/current/logicaldecoding-explanation.html
 */
async function readWriters(client: Client, waitedMs: number): Promise<readonly Blocker[]> {
  const { rows } = await client.query<Blocker>(
    `SELECT ${PROCESS} FROM pg_stat_activity a
     WHERE a.backend_xid IS NOT NULL AND a.pid <> pg_backend_pid()
       AND a.xact_start < clock_timestamp() - $1 * interval '1 ms'
     UNION ALL SELECT ${PREPARED} FROM pg_prepared_xacts p`,
    [Math.floor(waitedMs)],
  );
  return rows;
}

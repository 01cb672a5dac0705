import type { Config } from '../../config/schema.ts';
import { postgresFailure } from '../../database/failures.ts';
import { RecoveryTable } from '../../database/own-tables/recovery-table.ts';
import { readSlotProgress, type SlotProgress } from '../../database/own-tables/slot-progress-table.ts';
import { readServer } from '../../database/server.ts';
import { wasHeldUp } from '../../database/setup/blockers.ts';
import { readSlot } from '../../database/slot.ts';
import { readWalEnd } from '../../database/wal-end.ts';
import {
  PreconditionError,
  ShutdownDeadlineError,
  SlotInUseError,
  SlotLostError,
  UnavailableError,
} from '../../errors.ts';
import { recoveryOf } from '../../failure-policy.ts';
import { formatLsn } from '../../lsn.ts';
import { withinMs } from '../../time-limit.ts';
import { type Connection, connectOnce } from '../connection.ts';
import type { Telemetry } from '../service.ts';
import { stopped } from '../stopped.ts';
import { leftToPerson } from './lost-slot.ts';
import { checkKey, lookBack, MARGIN_SECONDS, makeSlot, TURN_SETTINGS } from './recovery-start.ts';

const PAUSE_MS = 1_000;
/** Of an attempt that is told to stop: whoever tells it waits for `shutdownMs`. */
const END_MS = 2_000;

export type SelfRecoveryOptions = {
  readonly config: Config;
  readonly telemetry: Telemetry;
  /** Aborted, nothing more is begun. */
  readonly signal: AbortSignal;
};

/**
 * The first step of the road back, by `run` itself and with its own role: resolves when another slot is in the place of the one that is lost or
 * gone, by whomever, or when told to stop. Rejects where a person has to decide, with nothing done.
 */
export async function makeSlotAnew(options: SelfRecoveryOptions, loss: SlotLostError): Promise<void> {
  const { signal, telemetry } = options;
  let told: string | undefined;
  while (!signal.aborted) {
    try {
      await unlessStopped(signal, attempt(options, loss));
      return;
    } catch (error) {
      if (signal.aborted && error instanceof ShutdownDeadlineError) return;
      if (!passes(error)) throw error;
      telemetry.board.notStreaming('waiting', error);
      const text = error instanceof Error ? error.message : '';
      if (text !== told) telemetry.logger.warn({ error }, 'the slot cannot be made anew for now');
      told = text;
    }
    await stopped(signal, PAUSE_MS);
  }
}

/** A slot may be waited for for a minute, and whoever wants the process to end does not: the server is told, and gets a moment for it. */
async function unlessStopped(signal: AbortSignal, work: Promise<void>): Promise<void> {
  const done = new AbortController();
  try {
    await Promise.race([work, stopped(AbortSignal.any([signal, done.signal]))]);
    await withinMs(END_MS, work);
  } finally {
    done.abort();
    // Of an attempt that was left, nobody hears any more.
    work.catch(() => undefined);
  }
}

async function attempt(options: SelfRecoveryOptions, loss: SlotLostError): Promise<void> {
  const { config, telemetry, signal } = options;
  const { slot: name } = config.replication;
  telemetry.board.notStreaming('waiting', loss);
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia recover', TURN_SETTINGS);
  try {
    if (await isReadable(client, name)) return;
    const recoveries = new RecoveryTable(client, name);
    await recoveries.takeTurn();
    // Whoever had the turn before may have made it.
    if (await isReadable(client, name)) return;
    await checkLoss(client, config, recoveries, loss);
    await checkKey(config);
    const found = await lookBack(client, config, recoveries, MARGIN_SECONDS);
    await tell(client, options, found, loss);
    const { statements } = await makeSlot(asRun(config), found, {
      marginSeconds: MARGIN_SECONDS,
      slotOnly: true,
      waiting: {
        signal,
        onWaiting: (text) => {
          const error = new UnavailableError(`the new slot is ${text}`);
          telemetry.board.notStreaming('waiting', error);
          telemetry.logger.warn({ slot: name, error }, 'waiting for the new slot');
        },
      },
    });
    telemetry.logger.warn({ slot: name, statements }, 'the slot is made anew');
  } finally {
    await client.end().catch(() => undefined);
  }
}

async function isReadable(client: Connection, name: string): Promise<boolean> {
  const slot = await readSlot(client, name).catch((error: unknown) => {
    throw postgresFailure(error, `reading slot "${name}"`);
  });
  if (slot?.walStatus !== 'lost') return slot !== undefined;
  if (slot.activePid === undefined) return false;
  throw new SlotInUseError(`slot "${name}" is lost, and walsender ${slot.activePid} still holds it`);
}

/** Throws where it is not for a program to decide. */
async function checkLoss(
  client: Connection,
  { replication: { slot, onGap } }: Config,
  recoveries: RecoveryTable,
  loss: SlotLostError,
): Promise<void> {
  const noted = await readNoted(client, slot);
  const { systemId, timeline } = await readServer(client);
  const walEnd = await readWalEnd(client);
  const why = leftToPerson({
    onGap,
    server: { systemId, timeline, walEnd: walEnd.lsn },
    noted,
    open: await recoveries.open(),
  });
  if (why === undefined) return;
  const { remedy } = loss;
  throw new SlotLostError(`${loss.message}. It is not made anew by itself: ${why}`, {
    cause: loss,
    ...(remedy === undefined ? {} : { remedy }),
  });
}

/** Where nothing was set up, nothing was noted. */
async function readNoted(client: Connection, slot: string): Promise<SlotProgress | undefined> {
  return await readSlotProgress(client, slot).catch((error: unknown) => {
    if (error instanceof PreconditionError) return undefined;
    throw error;
  });
}

/** From where to where nobody has seen what was committed, as far as that is known. */
async function tell(
  client: Connection,
  { config: { replication }, telemetry }: SelfRecoveryOptions,
  { slot, open, confirmedAt, tables }: Awaited<ReturnType<typeof lookBack>>,
  loss: SlotLostError,
): Promise<void> {
  const noted = await readNoted(client, replication.slot);
  const to = await readWalEnd(client);
  const from = open?.confirmedLsn ?? (slot === undefined ? undefined : formatLsn(slot.confirmedLsn));
  telemetry.logger.warn(
    {
      slot: replication.slot,
      error: loss,
      fromLsn: from ?? (noted === undefined ? null : formatLsn(noted.confirmedLsn)),
      fromTime: confirmedAt,
      toLsn: formatLsn(to.lsn),
      toTime: new Date(Number(to.micros / 1_000n)).toISOString(),
      tables: tables.map(({ table, rows }) => `${table}: ${rows}`),
    },
    'rows are missing: the slot is made anew, what it did not see is loaded, and tables and indexes are compared',
  );
}

/** The connection of `setup`, where `run` has been given one, is not for it. */
function asRun(config: Config): Config {
  return { ...config, setup: { ...config.setup, postgresUrl: config.postgres.url } };
}

function passes(error: unknown): boolean {
  const { action } = recoveryOf(error);
  return wasHeldUp(error) || (action !== 'stop' && action !== 'set-aside');
}

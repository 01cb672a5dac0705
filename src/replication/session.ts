import { randomBytes } from 'node:crypto';
import type { Client } from 'pg';
import type { Observable } from 'rxjs';
import type { Bindings } from '../database/bindings.ts';
import { clientConfig } from '../database/connection.ts';
import { Control } from '../database/control.ts';
import { postgresFailure } from '../database/failures.ts';
import type { Observation } from '../database/open-transactions.ts';
import type { Publication } from '../database/publication/publication.ts';
import { type Server, WALSENDER_NAME } from '../database/server.ts';
import { copySlot } from '../database/slot.ts';
import { type CatalogTable, readTable } from '../database/tables.ts';
import { loadTypeCatalog, type TypeCatalog } from '../database/type-catalog.ts';
import { GapError, SessionLostError, SlotInUseError, type Wal2AlgoliaError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import { Claim, type ClaimOptions } from './claim.ts';
import { livenessTimings } from './liveness.ts';
import type { WalMessage } from './messages.ts';
import { type OutputPlugin, pgoutput, wal2json } from './output-plugin.ts';
import type { SlotLook } from './slot-memory.ts';
import { copyStart, type OwnPosition } from './start-position.ts';
import { Walsender } from './walsender.ts';

const CONTROL_QUERY_TIMEOUT_MS = 10_000;

export type SessionOptions = ClaimOptions & {
  readonly url: string;
  /** Type OIDs that an earlier session of this process met and did not know. */
  readonly askedTypes?: Iterable<number>;
  /** Looks at what was found before streaming starts; what it rejects with ends the session. */
  readonly beforeStart?: (found: Found) => Promise<void>;
  /**
   * Reads a copy of the slot, which lives as long as the session, from where the slot stands or this process has confirmed; the slot itself
   * stays where it is.
   */
  readonly copied?: boolean;
  /** Told of each gap that the session goes on after. */
  readonly onPassedGap?: (gap: GapError) => void;
};

export type Progress = {
  readonly receivedLsn: Lsn;
  readonly confirmedLsn: Lsn;
  /** End of the server's WAL as last heard of. */
  readonly serverLsn: Lsn;
  /** WAL that the server keeps for the slot. */
  readonly retainedBytes: number;
};

/** What a session knows when it is about to stream. `client` is the control connection's. */
export type Found = {
  readonly client: Client;
  readonly server: Server;
  readonly types: TypeCatalog;
  readonly publications: readonly Publication[];
  readonly bindings: Bindings;
};

/** One session: a walsender connection, the control connection that guards it, and what they found at their start. */
export type Session = {
  readonly messages: Observable<readonly WalMessage[]>;
  readonly types: TypeCatalog;
  /** The configured tables by relation OID, as of the first session of this process in which each was found. */
  readonly bindings: Bindings;
  /** Relations that are neither configured nor published, whose changes may still come. */
  readonly passedOver: ReadonlySet<number>;
  readonly startLsn: Lsn;
  /** As `server_version_num`. */
  readonly serverVersion: number;
  /** Resolves while the slot is provably ours; stands before every write attempt. */
  fence(): Promise<void>;
  /** To be called with positions that came out of the pipeline, and by nobody else. */
  confirm(lsn: Lsn): void;
  pause(): void;
  resume(): void;
  /** What a later session of this process must know of this one. */
  position(): OwnPosition;
  progress(): Progress;
  /** Which transactions are open on the server, and where its WAL ends behind that. */
  observe(): Promise<Observation>;
  close(): Promise<void>;
};

/**
 * Checks the preconditions, proves that the slot is free and ours, and starts streaming. Rejects with a Wal2AlgoliaError,
 * everything closed again.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const copy = options.copied ? `${WALSENDER_NAME}_replay_${randomBytes(6).toString('hex')}` : undefined;
  const applicationName = copy === undefined ? WALSENDER_NAME : `${WALSENDER_NAME} replay`;
  const control = await Control.open(
    { ...options, slot: copy ?? options.slot, applicationName: `${applicationName} control` },
    CONTROL_QUERY_TIMEOUT_MS,
  );
  const claim = new Claim(control, options);
  let walsender: Walsender | undefined;
  try {
    const { client, server } = control;
    const found = await claim.look();
    const { slot, publications, bindings } = found;
    const types = await loadTypeCatalog(client, options.askedTypes);
    await options.beforeStart?.({ client, server, types, publications, bindings });
    const timings = livenessTimings(server.walSenderTimeoutMs);
    const plugin = await outputPlugin(client, options);
    const config = clientConfig(options.url, { applicationName });
    walsender = new Walsender(config, timings, plugin.decode);
    const { identity, startLsn } = await walsender.open(copy ?? slot.name, async (replication) => {
      const identity = await claim.identify(replication, found.seen);
      if (copy !== undefined) await copySlot(replication, slot.name, copy);
      const startLsn = copy === undefined ? claim.startOf(slot) : copyStart(slot, options.own);
      return { identity, startLsn, options: plugin.options };
    });
    await control.watch(walsender.pid, timings.proofMaxAgeMs, (error) => walsender?.fail(error));
    await claim.confirmHeld(found.seen);
    for (const gap of claim.passed) options.onPassedGap?.(gap);
    return assemble(control, walsender, claim, { ...found, startLsn, identity, types });
  } catch (error) {
    const failure = await openingFailure(error, claim, options.slot);
    if (failure instanceof SlotInUseError) claim.heldByAnother();
    await Promise.all([walsender?.close(), control.close()]);
    throw failure;
  }
}

/** What happened to the slot since it was looked at says more than Postgres's refusal, whose text differs between versions. */
async function openingFailure(error: unknown, claim: Claim, slot: string): Promise<Wal2AlgoliaError> {
  const failure = postgresFailure(error, `starting replication from slot "${slot}"`);
  if (failure === error || !(failure instanceof GapError)) return failure;
  return await claim.readAgain().then(
    () => failure,
    (reason: unknown) => postgresFailure(reason, 'reading the slot'),
  );
}

async function outputPlugin(client: Client, options: SessionOptions): Promise<OutputPlugin> {
  if (options.plugin === 'pgoutput') return pgoutput(options.publications);
  const tables: CatalogTable[] = [];
  for (const name of options.tables) {
    const table = await readTable(client, name);
    if (table === undefined) throw new SessionLostError(`table ${name} was dropped or renamed just now`);
    tables.push(table);
  }
  return wal2json(tables);
}

type Started = {
  readonly startLsn: Lsn;
  readonly seen: SlotLook;
  readonly fingerprint: string;
  readonly bindings: Bindings;
  readonly passedOver: ReadonlySet<number>;
  readonly identity: { readonly systemId: string; readonly timeline: number };
  readonly types: TypeCatalog;
};

function assemble(
  control: Control,
  walsender: Walsender,
  claim: Claim,
  { startLsn, seen, fingerprint, bindings, passedOver, identity, types }: Started,
): Session {
  return {
    types,
    bindings,
    passedOver,
    startLsn,
    serverVersion: control.server.version,
    messages: walsender.messages,
    fence: () => control.fence(walsender.isSilent),
    confirm: (lsn) => walsender.confirm(lsn),
    pause: () => walsender.pause(),
    resume: () => walsender.resume(),
    position: () => ({
      ...identity,
      confirmedLsn: walsender.confirmedLsn,
      publications: fingerprint,
      bindings,
    }),
    progress: () => ({
      receivedLsn: walsender.receivedLsn,
      confirmedLsn: walsender.confirmedLsn,
      serverLsn: control.walEnd > walsender.receivedLsn ? control.walEnd : walsender.receivedLsn,
      retainedBytes: control.retainedBytes,
    }),
    observe: () => control.observe(),
    close: async () => {
      claim.left(seen, walsender.confirmedLsn, walsender.receivedCommit);
      await walsender.close();
      await control.close();
    },
  };
}

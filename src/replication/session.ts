import type { Client } from 'pg';
import type { Observable } from 'rxjs';
import type { Bindings } from '../database/bindings.ts';
import { clientConfig } from '../database/connection.ts';
import { Control } from '../database/control.ts';
import { postgresFailure } from '../database/failures.ts';
import { preflight } from '../database/preflight.ts';
import type { Publication } from '../database/publication.ts';
import { type Server, WALSENDER_NAME } from '../database/server.ts';
import { type CatalogTable, readTable } from '../database/tables.ts';
import { loadTypeCatalog, type TypeCatalog } from '../database/type-catalog.ts';
import { PreconditionError, SessionLostError, SlotInUseError } from '../errors.ts';
import { type Lsn, parseLsn } from '../lsn.ts';
import { livenessTimings } from './liveness.ts';
import type { WalMessage } from './messages.ts';
import { type OutputPlugin, pgoutput, wal2json } from './output-plugin.ts';
import { type OwnPosition, type SystemIdentity, startPosition } from './start-position.ts';
import { Walsender } from './walsender.ts';

const CONTROL_QUERY_TIMEOUT_MS = 10_000;

export type SessionOptions = {
  readonly url: string;
  readonly slot: string;
  readonly publications: readonly string[];
  readonly plugin: 'pgoutput' | 'wal2json';
  /** Qualified names of the configured tables. */
  readonly tables: readonly string[];
  /** Where this process stood when its last session ended. */
  readonly own: OwnPosition | undefined;
  /** Type OIDs that an earlier session of this process met and did not know. */
  readonly askedTypes?: Iterable<number>;
  /** Looks at what was found before streaming starts; what it rejects with ends the session. */
  readonly beforeStart?: (found: Found) => Promise<void>;
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
  close(): Promise<void>;
};

/**
 * Checks the preconditions, proves that the slot is free and ours, and starts streaming. Rejects with a Wal2AlgoliaError,
 * everything closed again.
 */
export async function openSession(options: SessionOptions): Promise<Session> {
  const control = await Control.open(
    { ...options, applicationName: `${WALSENDER_NAME} control` },
    CONTROL_QUERY_TIMEOUT_MS,
  );
  let walsender: Walsender | undefined;
  try {
    const wanted = { ...options, bound: options.own?.bindings, applicationName: WALSENDER_NAME };
    const fingerprint = await control.rememberWatched();
    const { client, server } = control;
    const { own } = options;
    const gap =
      own !== undefined && own.publications !== fingerprint ? control.gapSince(own.confirmedLsn) : undefined;
    const { slot, publications, bindings } = await preflight(
      client,
      server,
      wanted,
      own ? 'later' : 'start',
    ).catch((error: unknown) => {
      throw error instanceof PreconditionError ? (gap ?? error) : error;
    });
    if (slot.activePid !== undefined) {
      throw new SlotInUseError(`slot "${slot.name}" is held by walsender ${slot.activePid}`);
    }
    if (gap !== undefined) throw gap;
    const types = await loadTypeCatalog(client, options.askedTypes);
    await options.beforeStart?.({ client, server, types, publications, bindings });
    const timings = livenessTimings(server.walSenderTimeoutMs);
    const plugin = await outputPlugin(client, options);
    const config = clientConfig(options.url, { applicationName: WALSENDER_NAME });
    walsender = new Walsender(config, timings, plugin.decode);
    const started = await start(walsender, options, plugin, slot.confirmedLsn);
    await control.watch(walsender.pid, timings.proofMaxAgeMs, (error) => walsender?.fail(error));
    return assemble(control, walsender, { ...started, fingerprint, bindings }, types);
  } catch (error) {
    await Promise.all([walsender?.close(), control.close()]);
    throw postgresFailure(error, `starting replication from slot "${options.slot}"`);
  }
}

type Started = { readonly identity: SystemIdentity; readonly startLsn: Lsn };

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

async function start(
  walsender: Walsender,
  options: SessionOptions,
  plugin: OutputPlugin,
  slotLsn: Lsn,
): Promise<Started> {
  return walsender.open(options.slot, async (client) => {
    const identity = await identifySystem(client);
    const startLsn = startPosition(slotLsn, identity, options.own);
    return { identity, startLsn, options: plugin.options };
  });
}

function assemble(
  control: Control,
  walsender: Walsender,
  {
    identity,
    startLsn,
    fingerprint,
    bindings,
  }: Started & {
    readonly fingerprint: string;
    readonly bindings: Bindings;
  },
  types: TypeCatalog,
): Session {
  return {
    types,
    bindings,
    startLsn,
    serverVersion: control.server.version,
    messages: walsender.messages,
    fence: () => control.fence(),
    confirm: (lsn) => walsender.confirm(lsn),
    pause: () => walsender.pause(),
    resume: () => walsender.resume(),
    position: () => ({
      systemId: identity.systemId,
      timeline: identity.timeline,
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
    close: async () => {
      await walsender.close();
      await control.close();
    },
  };
}

async function identifySystem(client: Client): Promise<SystemIdentity> {
  const { rows } = await client.query<{ systemid: string; timeline: number; xlogpos: string }>(
    'IDENTIFY_SYSTEM',
  );
  const row = rows[0];
  if (row === undefined) throw new Error('IDENTIFY_SYSTEM has given no answer');
  return { systemId: row.systemid, timeline: Number(row.timeline), walEnd: parseLsn(row.xlogpos) };
}

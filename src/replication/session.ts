import type { Client } from 'pg';
import type { Observable } from 'rxjs';
import { clientConfig } from '../database/connection.ts';
import { Control, publicationGap } from '../database/control.ts';
import { postgresFailure } from '../database/failures.ts';
import { preflight } from '../database/preflight.ts';
import type { Publication } from '../database/publication.ts';
import { type Server, WALSENDER_NAME } from '../database/server.ts';
import { loadTypeCatalog, type TypeCatalog } from '../database/type-catalog.ts';
import { SlotInUseError } from '../errors.ts';
import { type Lsn, parseLsn } from '../lsn.ts';
import { livenessTimings } from './liveness.ts';
import type { WalMessage } from './messages.ts';
import { type OwnPosition, type SystemIdentity, startPosition } from './start-position.ts';
import { Walsender } from './walsender.ts';

const CONTROL_QUERY_TIMEOUT_MS = 10_000;

export type SessionOptions = {
  readonly url: string;
  readonly slot: string;
  readonly publications: readonly string[];
  readonly plugin: 'pgoutput';
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
};

/** One session: a walsender connection, the control connection that guards it, and what they found at their start. */
export type Session = {
  readonly messages: Observable<readonly WalMessage[]>;
  readonly types: TypeCatalog;
  readonly startLsn: Lsn;
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
    const wanted = { ...options, applicationName: WALSENDER_NAME };
    const fingerprint = await control.rememberPublications();
    const { slot, publications } = await preflight(
      control.client,
      control.server,
      wanted,
      options.own ? 'later' : 'start',
    );
    if (slot.activePid !== undefined) {
      throw new SlotInUseError(`slot "${slot.name}" is held by walsender ${slot.activePid}`);
    }
    if (options.own !== undefined && options.own.publications !== fingerprint)
      throw publicationGap(options.own.confirmedLsn, control.walEnd);
    const types = await loadTypeCatalog(control.client, options.askedTypes);
    await options.beforeStart?.({ client: control.client, server: control.server, types, publications });
    const timings = livenessTimings(control.server.walSenderTimeoutMs);
    walsender = new Walsender(clientConfig(options.url, { applicationName: WALSENDER_NAME }), timings);
    const started = await start(walsender, options, slot.confirmedLsn);
    await control.watch(walsender.pid, timings.proofMaxAgeMs, (error) => walsender?.fail(error));
    return assemble(control, walsender, { ...started, fingerprint }, types);
  } catch (error) {
    await Promise.all([walsender?.close(), control.close()]);
    throw postgresFailure(error, `starting replication from slot "${options.slot}"`);
  }
}

type Started = { readonly identity: SystemIdentity; readonly startLsn: Lsn };

async function start(walsender: Walsender, options: SessionOptions, slotLsn: Lsn): Promise<Started> {
  return walsender.open(options.slot, async (client) => {
    const identity = await identifySystem(client);
    const startLsn = startPosition(slotLsn, identity, options.own);
    return { identity, startLsn, options: pgoutputOptions(options.publications) };
  });
}

function assemble(
  control: Control,
  walsender: Walsender,
  { identity, startLsn, fingerprint }: Started & { readonly fingerprint: string },
  types: TypeCatalog,
): Session {
  return {
    types,
    startLsn,
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

/** Names are identifiers inside a string: quoted as both. https://www.postgresql.org/docs/current/protocol-logical-replication.html */
function pgoutputOptions(publications: readonly string[]): string {
  const names = publications.map((name) => `"${name.replaceAll('"', '""')}"`).join(',');
  return `proto_version '1', publication_names '${names.replaceAll("'", "''")}', messages 'true'`;
}

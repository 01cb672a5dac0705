import type { Config } from '../../config/schema.ts';
import { readOrigin } from '../../database/origin.ts';
import { ConfigError } from '../../errors.ts';
import { formatLsn } from '../../lsn.ts';
import { signingKey } from '../../verify/evidence-key.ts';
import { signedLine } from '../../verify/evidence-signature.ts';
import {
  EVIDENCE_FORMAT,
  type EvidenceStatement,
  type EvidenceWindow,
  rootOf,
} from '../../verify/evidence-statement.ts';
import { evidenceWindow } from '../../verify/evidence-windows.ts';
import { mappingHash } from '../../verify/mapping-hash.ts';
import type { Verified, VerifiedWindow } from '../../verify/verified.ts';
import { verifiedCounts } from '../../verify/verified-counts.ts';
import type { Scope } from '../../verify/window-plan.ts';
import type { Connection } from '../connection.ts';
import type { Context } from '../context.ts';
import { harmless } from '../output.ts';
import { packageVersion } from '../package-version.ts';
import { openEvidenceFile } from './evidence-file.ts';

export type EvidenceFlags = { readonly evidence?: string; readonly force?: boolean };

type Compared = Pick<EvidenceStatement, 'systemIdentifier' | 'database'> & {
  readonly config: Config;
  readonly scope: Scope | undefined;
};

/** Signed statements of what a comparison finds, for a file; where none is asked for, it does nothing. */
export type Evidence = {
  window(table: string, window: VerifiedWindow): void;
  /** A statement for each table; to be called when all of them agree. */
  write(all: readonly Verified[]): Promise<void>;
};

/** Key and file are looked at before anything is compared. Rejects with a Wal2AlgoliaError. */
export async function openEvidence(
  { cwd, output }: Pick<Context, 'cwd' | 'output'>,
  { evidence: name, force = false }: EvidenceFlags,
  { config, scope, client }: Pick<Compared, 'config' | 'scope'> & { readonly client: Connection },
): Promise<Evidence> {
  if (name === undefined) return NONE;
  if (config.evidenceKey === undefined) throw noKey();
  const key = signingKey(config.evidenceKey.reveal());
  const origin = await readOrigin(client);
  const file = await openEvidenceFile(name, force, cwd);
  const windows = new Map<string, EvidenceWindow[]>();
  return {
    window: (table, window) => {
      const listed = windows.get(table) ?? [];
      listed.push(evidenceWindow(window));
      windows.set(table, listed);
    },
    write: async (all) => {
      const compared = { ...origin, config, scope };
      const lines = all.map((each) =>
        signedLine(statementOf(each, windows.get(each.table) ?? [], compared), key),
      );
      await file.write(lines.join(''));
      output.line(
        `evidence: ${harmless(name)}, signed, for ${all.map(({ table }) => harmless(table)).join(', ')}`,
      );
    },
  };
}

const NONE: Evidence = {
  window: () => undefined,
  write: async () => undefined,
};

function statementOf(
  verified: Verified,
  windows: readonly EvidenceWindow[],
  { config, scope, systemIdentifier, database }: Compared,
): EvidenceStatement {
  const { table, index, windowsBy = null, presenceOnly, lsn, startedAt } = verified;
  return {
    format: EVIDENCE_FORMAT,
    version: packageVersion(),
    table,
    index,
    compared: presenceOnly === undefined ? 'content' : 'presence',
    scope: { by: scope?.by ?? null, from: scope?.from ?? null, to: scope?.to ?? null },
    counts: verifiedCounts(verified),
    windowsBy,
    windows,
    root: rootOf(windows),
    slot: config.replication.slot,
    systemIdentifier,
    database,
    lsn: formatLsn(lsn),
    at: startedAt,
    mapping: mappingHash(table, config),
  };
}

function noKey(): ConfigError {
  return new ConfigError('WAL2ALGOLIA_EVIDENCE_KEY: missing, and --evidence signs with it', {
    remedy:
      'Make one by `openssl genpkey -algorithm ed25519 -out evidence-key.pem`, and name the file in WAL2ALGOLIA_EVIDENCE_KEY_FILE.',
  });
}

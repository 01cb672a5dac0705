import { chown, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type OwnCluster, startOwnCluster } from '../../chaos/own-cluster.ts';
import { waitFor } from '../../support/wait-for.ts';
import { selfSignedCertificate } from './self-signed-certificate.ts';

export type TlsCluster = OwnCluster & {
  /** Its certificate is checked against this URL. */
  readonly tlsUrl: string;
};

/** A Postgres of its own that also speaks TLS. */
export async function startTlsCluster(): Promise<TlsCluster> {
  const cluster = await startOwnCluster();
  const { certificate, key } = selfSignedCertificate();
  const clusterDir = join(cluster.dataDir, 'cluster');
  const { uid, gid } = await stat(clusterDir);
  const certificateFile = join(cluster.dataDir, 'root.crt');
  await writeFile(certificateFile, certificate);
  for (const [name, text] of [
    ['server.crt', certificate],
    ['server.key', key],
  ] as const) {
    const file = join(clusterDir, name);
    await writeFile(file, text, { mode: 0o600 });
    await chown(file, uid, gid);
  }
  await cluster.client.query('ALTER SYSTEM SET ssl = on');
  await cluster.client.query('SELECT pg_reload_conf()');
  await waitFor(async () => (await cluster.client.query<{ ssl: string }>('SHOW ssl')).rows[0]?.ssl === 'on', {
    description: 'the server to speak TLS',
  });
  const tlsUrl = `${cluster.url}?sslmode=verify-full&sslrootcert=${encodeURIComponent(certificateFile)}`;
  return Object.defineProperty(cluster, 'tlsUrl', { value: tlsUrl }) as TlsCluster;
}

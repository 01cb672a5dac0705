import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Client } from 'pg';
import type { IndexAddress } from '../support/index-comparison.ts';
import { connect } from '../support/postgres.ts';
import { scratchDirectory } from '../support/scratch-directory.ts';
import { docker, leadingToEngine, type Outcome, succeeded, tryDocker } from './engine.ts';

export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export type Service = 'credentials' | 'postgres' | 'setup' | 'pipeline' | 'algolia' | 'producer';

export type State = {
  readonly Status: string;
  readonly ExitCode: number;
  readonly StartedAt: string;
  readonly Health?: { readonly Status: string };
};

/** What a compose project leaves behind unless told otherwise: volumes, and the images that it built. */
const DOWN = '--profile local down --volumes --remove-orphans --rmi local --timeout 0'.split(' ');

/** Those that are not down. This process takes them with it when it ends in the middle of a test. */
const up = new Map<string, readonly string[]>();
process.on('exit', () => {
  for (const args of up.values()) {
    spawnSync('docker', [...args, ...DOWN], { cwd: ROOT, env: leadingToEngine(), stdio: 'ignore' });
  }
});

/** The compose file under a name that nothing else uses, on free ports. Nothing is started yet; disposing removes everything. */
export class Project {
  readonly name = `w2a-test-${randomBytes(5).toString('hex')}`;
  readonly #envFile: string;
  readonly #remove: () => Promise<void>;

  private constructor(envFile: string, remove: () => Promise<void>) {
    this.#envFile = envFile;
    this.#remove = remove;
    up.set(this.name, this.#arguments());
  }

  /** `variables` are what .env would hold. */
  static async create(variables: Readonly<Record<string, string>> = {}): Promise<Project> {
    const directory = await scratchDirectory();
    const envFile = join(directory.path, 'env');
    const free = { POSTGRES_PORT: '0', PIPELINE_PORT: '0', LOCAL_ALGOLIA_PORT: '0' };
    const lines = Object.entries({ ...free, ...variables }).map(([name, value]) => `${name}=${value}\n`);
    await writeFile(envFile, lines.join(''));
    return new Project(envFile, async () => directory[Symbol.asyncDispose]());
  }

  /** Runs `docker compose` whatever its exit code. */
  try(...args: string[]): Promise<Outcome> {
    return tryDocker([...this.#arguments(), ...args], { cwd: ROOT });
  }

  async compose(...args: string[]): Promise<string> {
    return succeeded(['compose', ...args], await this.try(...args));
  }

  psql(sql: string): Promise<string> {
    return this.compose('exec', '-T', 'postgres', 'psql', '-qAtc', sql);
  }

  async container(service: Service): Promise<string> {
    const id = await this.compose('ps', '--all', '--quiet', service);
    if (id === '') throw new Error(`${this.name} has no container of ${service}`);
    return id;
  }

  async inspect(service: Service): Promise<{ readonly State: State; readonly RestartCount: number }> {
    return JSON.parse(await docker('inspect', '--format', '{{json .}}', await this.container(service)));
  }

  /** What it wrote to both outputs, since it was created. */
  async logs(service: Service): Promise<string> {
    const { stdout, stderr } = await tryDocker(['logs', await this.container(service)]);
    return stdout + stderr;
  }

  /** Where a service's port is to be found now; a container that was started again may have another. */
  async address(service: Service, port: number): Promise<string> {
    return this.compose('port', service, String(port));
  }

  async index(): Promise<IndexAddress> {
    const url = `http://${await this.address('algolia', 7700)}`;
    return { url, appId: 'local', adminKey: 'local-admin-key' };
  }

  /** As the owner. The connection is to be ended by the caller, best by `await using`. */
  async database() {
    const password = await this.compose('exec', '-T', 'postgres', 'cat', '/run/secrets/password');
    const url = `postgres://postgres:${password}@${await this.address('postgres', 5432)}/app`;
    const client: Client = await connect(url);
    const names = { name: 'app', slot: 'wal2algolia', publication: 'wal2algolia' };
    return { url, client, ...names, [Symbol.asyncDispose]: () => client.end() };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.compose(...DOWN);
    up.delete(this.name);
    await this.#remove();
  }

  #arguments(): string[] {
    return ['compose', '--project-name', this.name, '--env-file', this.#envFile];
  }
}

/** How many records of an index a query finds; none while there is no index. */
export async function hits({ url, appId, adminKey }: IndexAddress, query: string): Promise<number> {
  const answer = await fetch(`${url}/1/indexes/audit_log/query`, {
    method: 'POST',
    headers: { 'x-algolia-application-id': appId, 'x-algolia-api-key': adminKey },
    body: JSON.stringify({ query, hitsPerPage: 0 }),
  });
  if (answer.status === 404) return 0;
  if (!answer.ok) throw new Error(`a search answered ${answer.status}`);
  return ((await answer.json()) as { nbHits: number }).nbHits;
}

/** Inserts a row as a user would, and gives the word by which it can be found. */
export async function insertRow(project: Project): Promise<string> {
  const word = `actor${randomBytes(6).toString('hex')}`;
  await project.psql(`INSERT INTO audit_log (action, actor_id) VALUES ('report.renamed', '${word}')`);
  return word;
}

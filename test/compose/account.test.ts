import { randomBytes } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import type { IndexAddress } from '../support/index-comparison.ts';
import { waitFor } from '../support/wait-for.ts';
import { describeWithDocker, docker, tryDocker } from './engine.ts';
import { hits, insertRow, Project } from './project.ts';

const COMMON = ['credentials', 'pipeline', 'postgres', 'setup'];
const LOCAL = ['algolia', 'producer'];

describeWithDocker('an account in .env', () => {
  const key = randomBytes(16).toString('hex');
  const account = { ALGOLIA_APP_ID: 'TESTACCOUNT', ALGOLIA_API_KEY: key };
  let project: Project | undefined;

  afterEach(async () => {
    await project?.[Symbol.asyncDispose]();
    project = undefined;
  });

  const create = async (variables: Record<string, string>): Promise<Project> => {
    project = await Project.create(variables);
    return project;
  };

  test('without one there are the local Algolia server and the producer', async () => {
    const local = await create({});
    expect((await local.compose('config', '--services')).split('\n').sort()).toEqual(
      [...COMMON, ...LOCAL].sort(),
    );
  });

  test('with one there are not', async () => {
    const real = await create(account);
    expect((await real.compose('config', '--services')).split('\n').sort()).toEqual(COMMON);
  });

  test('an account without a key is refused before anything starts', async () => {
    const half = await create({ ALGOLIA_APP_ID: 'TESTACCOUNT' });
    expect((await half.try('up', '--build', '-d')).code).not.toBe(0);
    expect((await half.inspect('credentials')).State.ExitCode).toBe(78);
    expect(await half.logs('credentials')).toContain('ALGOLIA_APP_ID is set without ALGOLIA_API_KEY');
    expect((await half.inspect('postgres')).State.Status).toBe('created');
  });

  test('rows go to the account, its keys into no environment, argument or log, and nothing local starts', async () => {
    const real = await create({ ...account, ALGOLIA_HOSTS: 'http://account:7700' });
    // It waits for an Algolia that it cannot reach yet, so the one that stands for the account may come later.
    await real.compose('up', '--build', '-d');
    await using remote = await startAccount(real, account.ALGOLIA_APP_ID, key);
    const word = await insertRow(real);
    await waitFor(() => hits(remote, word), { description: 'the row to be found in the account' });
    expect(await hits(remote, '')).toBe(1);
    await waitFor(async () => (await real.inspect('pipeline')).State.Health?.Status === 'healthy', {
      description: 'the pipeline to be healthy',
    });
    const services = (await real.compose('ps', '--all', '--format', '{{.Service}}')).split('\n').sort();
    expect(services).toEqual(COMMON);
    const secrets = [key, ...(await passwords(real))];
    expect(secrets).toHaveLength(3);
    const shown = await Promise.all(
      (['credentials', 'postgres', 'setup', 'pipeline'] as const).map(async (service) => {
        const { stdout, stderr } = await tryDocker(['inspect', await real.container(service)]);
        return stdout + stderr + (await real.logs(service));
      }),
    );
    expect(shown.join('')).toContain('/run/secrets');
    expect(secrets.filter((secret) => shown.some((text) => text.includes(secret)))).toEqual([]);
    const seen = await real.compose('exec', '-T', 'pipeline', 'find', '/run/secrets', '-type', 'f');
    expect(seen.split('\n').sort()).toEqual(['/run/secrets/algolia-api-key', '/run/secrets/database-url']);
  });
});

async function passwords(project: Project): Promise<string[]> {
  const read = (file: string) => project.compose('exec', '-T', 'postgres', 'cat', `/run/secrets/${file}`);
  return Promise.all(['password', 'run-password'].map(read));
}

/** A server that is none of the project's services, known in its network as `account`. */
async function startAccount(
  project: Project,
  appId: string,
  adminKey: string,
): Promise<IndexAddress & AsyncDisposable> {
  const name = `${project.name}-remote`;
  const image = await docker('inspect', '--format', '{{.Image}}', await project.container('pipeline'));
  const place = ['--network', `${project.name}_default`, '--network-alias', 'account'];
  const command = ['local', 'algolia', '--host', '0.0.0.0', '--app-id', appId, '--admin-key', adminKey];
  await docker(
    ...['run', '--detach', '--name', name, '--publish', '127.0.0.1:0:7700', ...place, image, ...command],
  );
  const url = `http://${await docker('port', name, '7700')}`;
  const remove = async () => void (await docker('rm', '--force', '--volumes', name));
  return { url, appId, adminKey, [Symbol.asyncDispose]: remove };
}

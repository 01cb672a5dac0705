import { afterAll, beforeAll, expect, test } from 'vitest';
import { waitFor } from '../support/wait-for.ts';
import { describeWithDocker, docker } from './engine.ts';
import { hits, insertRow, Project } from './project.ts';

/** Ends the program, and neither the shell above it nor the init process. */
const KILL_PROGRAM = `for process in /proc/[0-9]*; do
  case $(tr '\\0' ' ' <$process/cmdline) in "node /app/dist/main.js "*) kill -9 "\${process#/proc/}" ;; esac
done`;

describeWithDocker('restarts', () => {
  let project: Project;

  beforeAll(async () => {
    project = await Project.create();
    await project.compose('up', '--build', '--wait');
  }, 1_200_000);

  afterAll(() => project[Symbol.asyncDispose]());

  test('a crash restarts the pipeline', async () => {
    // The container may be gone before this has ended in it.
    await project.try('exec', '-T', 'pipeline', 'sh', '-c', KILL_PROGRAM);
    await waitFor(async () => (await project.inspect('pipeline')).RestartCount === 1, {
      description: 'the restart',
    });
    await expectToStream();
  });

  test('exit 78 is told once, and then the container waits, unhealthy, for somebody to help', async () => {
    await project.psql('ALTER ROLE wal2algolia NOLOGIN');
    await project.compose('up', '-d', '--force-recreate', '--no-deps', 'pipeline');
    await expectToHold(78, 'is not permitted to log in');
    await project.psql('ALTER ROLE wal2algolia LOGIN');
    await project.compose('up', '-d', '--wait');
    await expectToStream();
  });

  test('exit 76 as well; and another up does not make a slot that was dropped anew', async () => {
    await project.compose('stop', 'pipeline');
    await project.psql(`SELECT pg_drop_replication_slot('wal2algolia')`);
    await project.compose('up', '-d', '--force-recreate', '--no-deps', 'pipeline');
    await expectToHold(76, 'slot "wal2algolia" does not exist');
    const again = await project.try('up', '-d');
    expect(again.code).not.toBe(0);
    expect((await project.inspect('setup')).State.ExitCode).toBe(76);
    expect(await project.psql('SELECT count(*) FROM pg_replication_slots')).toBe('0');
    await project.compose('run', '--rm', '--no-deps', '-e', 'NEW_SLOT=yes', 'setup');
    await project.compose('up', '-d', '--wait');
    await expectToStream();
  });

  async function expectToStream(): Promise<void> {
    const word = await insertRow(project);
    const index = await project.index();
    await waitFor(() => hits(index, word), { description: 'a new row to be found' });
  }

  /** Resolves once it was stopped, with that exit code. */
  async function expectToHold(code: number, message: string): Promise<void> {
    await waitFor(async () => (await project.logs('pipeline')).includes(`exit code ${code}`), {
      description: `exit code ${code} in the log`,
    });
    // The health check turns some 45 s later. A container that loops starts its grace anew each time, and tells its error again.
    const held = await waitFor(
      async () => {
        const found = await project.inspect('pipeline');
        return found.State.Health?.Status === 'unhealthy' ? found : undefined;
      },
      { description: 'the container to be unhealthy', timeoutMs: 300_000, intervalMs: 250 },
    );
    expect(held).toMatchObject({ RestartCount: 0, State: { Status: 'running' } });
    expect((await project.logs('pipeline')).split(message).length - 1).toBe(1);
    await docker('stop', await project.container('pipeline'));
    expect((await project.inspect('pipeline')).State).toMatchObject({ Status: 'exited', ExitCode: code });
  }
});

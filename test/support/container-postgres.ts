import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

export type ContainerPostgres = {
  /** As superuser. */
  readonly url: string;
  readonly image: string;
  /** Copies a library of this machine to where the server loads them from. */
  addLibrary(file: string): Promise<void>;
  stop(): Promise<void>;
};

const WATCHDOG = fileURLToPath(new URL('container-watchdog.mjs', import.meta.url));

/**
 * Starts the official image of this major with Testcontainers, or resolves with why not: no engine answers, or the image is
 * neither there nor to be had. The container is removed by `stop`, and also when our process is gone without having called it.
 */
export async function startContainerPostgres(
  major: number,
  settings: Readonly<Record<string, string>>,
): Promise<ContainerPostgres | { readonly missing: string }> {
  // The library's own guard would be one more image to pull; ours needs none.
  process.env['TESTCONTAINERS_RYUK_DISABLED'] ??= 'true';
  const image = `postgres:${major}`;
  const missing = await whyMissing(image);
  if (missing !== undefined) return { missing };
  const { PostgreSqlContainer } = await import('@testcontainers/postgresql');
  const label = `wal2algolia-test-${randomBytes(8).toString('hex')}`;
  const dismissWatchdog = startWatchdog(label);
  const container = await new PostgreSqlContainer(image)
    .withLabels({ [label]: 'test' })
    .withUsername('postgres')
    .withPassword(randomBytes(16).toString('hex'))
    .withDatabase('postgres')
    .withCommand([
      'postgres',
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ])
    .start();
  const url = new URL(container.getConnectionUri());
  // The port is published on IPv4, and the name may stand for ::1 first.
  if (url.hostname === 'localhost') url.hostname = '127.0.0.1';
  return {
    url: url.href,
    image,
    addLibrary: async (file) => {
      const { output } = await container.exec(['pg_config', '--pkglibdir']);
      const target = `${output.trim()}/${file.split('/').at(-1)}`;
      await container.copyFilesToContainer([{ source: file, target }]);
    },
    stop: async () => {
      await container.stop();
      dismissWatchdog();
    },
  };
}

async function whyMissing(image: string): Promise<string | undefined> {
  const { getContainerRuntimeClient, ImageName } = await import('testcontainers');
  const engine = await getContainerRuntimeClient().catch(() => undefined);
  if (engine === undefined) return 'no Docker engine answers';
  const name = ImageName.fromString(image);
  if (await engine.image.exists(name)) return undefined;
  try {
    await engine.image.pull(name);
    return undefined;
  } catch (error) {
    return `the Docker engine has no ${image} and cannot pull it (${(error as Error).message.trim()})`;
  }
}

/** Removes the container with this label once we are gone, unless it was dismissed before. */
function startWatchdog(label: string): () => void {
  // Detached: what ends a whole process group ends the tests, not the watchdog.
  const child = spawn(process.execPath, [WATCHDOG], { detached: true, stdio: ['pipe', 'ignore', 'ignore'] });
  child.stdin.on('error', () => undefined);
  child.stdin.write(`${label}\n`);
  child.unref();
  return () => void child.stdin.end('done\n');
}

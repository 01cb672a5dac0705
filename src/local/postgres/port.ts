import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { PreconditionError } from '../../errors.ts';
import { type Server, StartFailure } from './server.ts';

const ATTEMPTS = 10;
/** How long backends may take to notice that their postmaster was killed. */
const OLD_BACKENDS_MS = 30_000;

export type ServerOnPort = { readonly server: Server; readonly port: number };

/**
 * Starts a server on the wanted port or, for 0, on a free one; on another free one when that was taken in the meantime. Waits
 * for backends of a killed predecessor to be gone.
 */
export async function startOnPort(
  wanted: number,
  start: (port: number) => Promise<Server>,
  findPort: () => Promise<number> = freePort,
): Promise<ServerOnPort> {
  const oldBackendsDeadline = performance.now() + OLD_BACKENDS_MS;
  for (let attempt = 1; ; ) {
    const port = wanted === 0 ? await findPort() : wanted;
    try {
      return { server: await start(port), port };
    } catch (error) {
      if (!(error instanceof StartFailure)) throw error;
      if (error.oldBackendsAlive && performance.now() < oldBackendsDeadline) {
        await delay(100);
      } else if (error.portTaken && wanted !== 0) {
        throw new PreconditionError(`port ${port} of 127.0.0.1 is taken`, {
          cause: error,
          remedy: 'choose another port, or 0 for a free one',
        });
      } else if (error.portTaken && attempt < ATTEMPTS) {
        attempt += 1;
      } else {
        throw error;
      }
    }
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((settle, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', settle);
  });
  const address = probe.address();
  await new Promise((settle) => probe.close(settle));
  if (address === null || typeof address === 'string')
    throw new TypeError('no port in the address of a TCP server');
  return address.port;
}

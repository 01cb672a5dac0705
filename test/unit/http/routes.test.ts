import { describe, expect, it } from 'vitest';
import { createRoutes, type Sources } from '../../../src/http/routes.ts';
import { StatusBoard } from '../../../src/telemetry/status-board.ts';

const board = new StatusBoard('s');
const SOURCES: Sources = {
  status: () => board.status(),
  ready: () => ({ ok: true }),
  metrics: async () => 'wal2algolia_x 1\n',
};

async function get(url: string, sources: Partial<Sources> = {}, method: 'GET' | 'POST' = 'GET') {
  await using routes = disposable({ ...SOURCES, ...sources });
  return await routes.app.inject({ method, url });
}

function disposable(sources: Sources) {
  const app = createRoutes(sources);
  return { app, [Symbol.asyncDispose]: async () => await app.close() };
}

it('/healthz answers while the process lives', async () => {
  const response = await get('/healthz', { ready: () => ({ ok: false, reason: 'anything' }) });
  expect(response.statusCode).toBe(200);
});

describe('/readyz', () => {
  it('is 200 when ready', async () => {
    expect((await get('/readyz')).statusCode).toBe(200);
    expect((await get('/readyz')).json()).toEqual({ ready: true });
  });

  it('is 503 with the reason when not', async () => {
    const response = await get('/readyz', { ready: () => ({ ok: false, reason: 'standby' }) });
    expect(response.statusCode).toBe(503);
    expect(response.json()).toEqual({ ready: false, reason: 'standby' });
  });
});

it('/status shows the facts as they are', async () => {
  const response = await get('/status');
  expect(response.json()).toEqual(board.status());
  expect(response.headers['content-type']).toContain('application/json');
});

it('/metrics is what Prometheus reads', async () => {
  const response = await get('/metrics');
  expect(response.body).toBe('wal2algolia_x 1\n');
  expect(response.headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8');
});

it.each([
  ['/', 'GET'],
  ['/status/more', 'GET'],
  ['/status', 'POST'],
] as const)('lists what there is for %s by %s', async (url, method) => {
  const response = await get(url, {}, method);
  expect(response.statusCode).toBe(404);
  expect(Object.keys(response.json().routes)).toEqual(['/healthz', '/readyz', '/status', '/metrics']);
});

it('lets no other origin read, and nobody keep, what it says', async () => {
  for (const url of ['/healthz', '/readyz', '/status', '/metrics', '/nowhere']) {
    const { headers } = await get(url);
    expect(headers['access-control-allow-origin']).toBeUndefined();
    expect(headers['cache-control']).toBe('no-store');
  }
});

it('tells nothing of what went wrong inside', async () => {
  const response = await get('/metrics', { metrics: () => Promise.reject(new Error('hunter2')) });
  expect(response.statusCode).toBe(500);
  expect(response.body).not.toContain('hunter2');
});

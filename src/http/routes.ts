import { type FastifyInstance, fastify } from 'fastify';
import type { Readiness } from '../telemetry/readiness.ts';
import type { Status } from '../telemetry/status.ts';

export type Sources = {
  readonly status: () => Status;
  readonly ready: () => Readiness;
  /** The Prometheus text. */
  readonly metrics: () => Promise<string>;
};

/** What there is to ask, also for whoever asks for something else. */
const ROUTES = {
  '/healthz': 'the process lives',
  '/readyz': 'streaming and not far behind, else 503 with the reason',
  '/status': 'slot, lag and counts as JSON',
  '/metrics': 'the same and more for Prometheus',
} as const;

/** The server, not yet listening. It tells facts about the pipeline and changes nothing. */
export function createRoutes({ status, ready, metrics }: Sources): FastifyInstance {
  const app = fastify({ logger: false });
  app.addHook('onSend', async (_request, reply) => {
    reply.header('cache-control', 'no-store');
  });
  app.get('/healthz', () => ({ ok: true }));
  app.get('/readyz', (_request, reply) => {
    const readiness = ready();
    if (readiness.ok) return { ready: true };
    return reply.code(503).send({ ready: false, reason: readiness.reason });
  });
  app.get('/status', () => status());
  app.get('/metrics', async (_request, reply) => {
    // https://prometheus.io/docs/instrumenting/exposition_formats/#basic-info
    reply.type('text/plain; version=0.0.4; charset=utf-8');
    return metrics();
  });
  app.setNotFoundHandler((_request, reply) => reply.code(404).send({ error: 'not found', routes: ROUTES }));
  app.setErrorHandler((error, _request, reply) => {
    const status = error instanceof Error && 'statusCode' in error ? Number(error.statusCode) : 500;
    // Whatever went wrong inside stays inside.
    return status < 500
      ? reply.code(status).send({ error: 'bad request' })
      : reply.code(500).send({ error: 'internal error' });
  });
  return app;
}

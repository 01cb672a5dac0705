import { setTimeout as delay } from 'node:timers/promises';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ApiKeys } from './api-keys.ts';
import type { Application } from './application.ts';
import { Arrivals } from './arrivals.ts';
import { type Answer, Call, credential, faultTarget } from './call.ts';
import type { Faults, RequestEffect } from './faults.ts';
import type { Limits } from './limits.ts';
import { Refusal } from './refusal.ts';

type Handler = (call: Call) => Answer;

/** What every request of the API passes: counting, faults, authentication, errors in Algolia's shape. */
export class Api {
  readonly #server: FastifyInstance;
  readonly #application: Application;
  readonly #keys: ApiKeys;
  readonly #faults: Faults;
  readonly #limits: Readonly<Limits>;
  readonly #counts = new Map<string, number>();
  readonly #arrivals = new Arrivals();
  readonly #closing = new AbortController();

  constructor(
    server: FastifyInstance,
    parts: { application: Application; keys: ApiKeys; faults: Faults; limits: Readonly<Limits> },
  ) {
    this.#server = server;
    this.#application = parts.application;
    this.#keys = parts.keys;
    this.#faults = parts.faults;
    this.#limits = parts.limits;
    server.addHook('onRequest', async (request) => this.#arrivals.note(request));
  }

  /** Requests so far by method and route. */
  get counts(): Record<string, number> {
    return Object.fromEntries(this.#counts);
  }

  add(method: 'GET' | 'POST' | 'PUT' | 'DELETE', url: string, handler: Handler): void {
    this.#server.route({ method, url, handler: (request, reply) => this.#serve(request, reply, handler) });
  }

  /** Ends the waits of faults. */
  close(): void {
    this.#closing.abort();
  }

  async #serve(request: FastifyRequest, reply: FastifyReply, handler: Handler): Promise<void> {
    const route = `${request.method} ${request.routeOptions.url ?? ''}`;
    this.#counts.set(route, (this.#counts.get(route) ?? 0) + 1);
    const fault = this.#faultOf(request);
    if (fault?.kind === 'reset' && fault.when === 'before') return reset(request, reply);
    const answer = fault?.kind === 'refuse' ? refused(fault, reply) : this.#answer(request, handler, fault);
    if (fault?.kind === 'reset' || (fault?.kind === 'late' && fault.answer === 'reset'))
      return reset(request, reply);
    if (fault?.kind === 'lost') return await this.#lose(request, reply, fault.closeAfterMs);
    if (fault?.kind === 'slow') await this.#wait(fault.firstByteMs);
    if (this.#closing.signal.aborted) return reset(request, reply);
    await send(reply, answer);
  }

  #faultOf(request: FastifyRequest): RequestEffect | undefined {
    const target = faultTarget(request);
    return target.path.startsWith('/1/test/') ? undefined : this.#faults.take(target);
  }

  #answer(request: FastifyRequest, handler: Handler, fault: RequestEffect | undefined): Answer {
    try {
      const presented = {
        appId: credential(request, 'x-algolia-application-id'),
        value: credential(request, 'x-algolia-api-key'),
        source: request.ip,
      };
      const credentials = this.#keys.authenticate(presented, Date.now());
      if (Buffer.isBuffer(request.body) && request.body.length > this.#limits.requestBytesMax) {
        throw new Refusal(413, 'Payload Too Large');
      }
      const arrival = this.#arrivals.of(request);
      return handler(
        new Call(request, {
          application: this.#application,
          credentials,
          faults: this.#faults,
          fault,
          arrival,
        }),
      );
    } catch (error) {
      if (error instanceof Refusal) return { status: error.status, body: error.body() };
      throw error;
    }
  }

  async #lose(request: FastifyRequest, reply: FastifyReply, closeAfterMs: number): Promise<void> {
    reply.hijack();
    await this.#wait(closeAfterMs);
    request.raw.socket.destroy();
  }

  async #wait(ms: number): Promise<void> {
    try {
      await delay(ms, undefined, { signal: this.#closing.signal });
    } catch {
      // The server is closing: nothing waits any longer.
    }
  }
}

function reset(request: FastifyRequest, reply: FastifyReply): void {
  reply.hijack();
  request.raw.socket.resetAndDestroy();
}

function refused(fault: RequestEffect & { kind: 'refuse' }, reply: FastifyReply): Answer {
  if (fault.retryAfterSeconds !== undefined) reply.header('retry-after', String(fault.retryAfterSeconds));
  const refusal = new Refusal(fault.status, fault.message ?? MESSAGES[fault.status] ?? 'Fault', fault.fields);
  return { status: fault.status, body: refusal.body() };
}

const MESSAGES: Readonly<Record<number, string>> = {
  400: 'Invalid request',
  401: 'Invalid Application-ID or API key',
  402: 'Payment required',
  403: 'Method not allowed with this API key',
  413: 'Payload Too Large',
  429: 'Too many jobs',
  503: 'Service Unavailable',
};

async function send(reply: FastifyReply, { status = 200, body }: Answer): Promise<void> {
  const payload = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body);
  await reply.code(status).header('content-type', 'application/json; charset=utf-8').send(payload);
}

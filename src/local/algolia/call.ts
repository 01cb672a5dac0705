import type { FastifyRequest } from 'fastify';
import type { Right } from './api-key.ts';
import type { Application, Write } from './application.ts';
import type { Arrival } from './arrivals.ts';
import { type BatchEntry, parseJson } from './batch-request.ts';
import { type Credentials, checkRight } from './credentials.ts';
import type { Faults, FaultTarget, RequestEffect } from './faults.ts';
import { withKeyParameters } from './key-parameters.ts';
import { Refusal } from './refusal.ts';
import { flattenedParameters, type Parameters, urlParameters } from './search-parameters.ts';

/** Text or JSON of a response, 200 unless said otherwise. */
export type Answer = { readonly status?: number; readonly body: unknown };

type CallParts = {
  readonly application: Application;
  readonly credentials: Credentials;
  readonly faults: Faults;
  /** The one that this request met. */
  readonly fault: RequestEffect | undefined;
  readonly arrival: Arrival | undefined;
};

/** One authenticated request. */
export class Call {
  readonly credentials: Credentials;
  readonly #request: FastifyRequest;
  readonly #application: Application;
  readonly #faults: Faults;
  readonly #fault: RequestEffect | undefined;
  readonly #arrival: Arrival | undefined;

  constructor(request: FastifyRequest, parts: CallParts) {
    this.#request = request;
    this.#application = parts.application;
    this.credentials = parts.credentials;
    this.#faults = parts.faults;
    this.#fault = parts.fault;
    this.#arrival = parts.arrival;
  }

  /** A part of the path, decoded. */
  path(name: string): string {
    return (this.#request.params as Record<string, string>)[name] ?? '';
  }

  /** The index in the path, after checking the key's right to it. */
  index(right: Right): string {
    const index = this.path('index');
    checkRight(this.credentials, right, index);
    return index;
  }

  /** Whether the sender may see what the settings call unretrievable. */
  get isPrivileged(): boolean {
    return this.credentials.key.acl.includes('seeUnretrievableAttributes');
  }

  query(name: string): string | undefined {
    return queryParameter(this.#request, name);
  }

  /** The query string, without what identifies the caller. */
  queryParameters(): Parameters {
    const [, encoded = ''] = this.#request.url.split(/\?(.*)/s);
    const {
      'x-algolia-agent': _agent,
      'x-algolia-api-key': _key,
      'x-algolia-application-id': _id,
      ...rest
    } = urlParameters(encoded);
    return rest;
  }

  get body(): Buffer {
    return Buffer.isBuffer(this.#request.body) ? this.#request.body : Buffer.alloc(0);
  }

  /** The body as an object; no body is an empty one. */
  json(): Record<string, unknown> {
    if (this.body.length === 0) return {};
    const parsed = parseJson(this.body);
    if (typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed))
      return parsed as Record<string, unknown>;
    throw new Refusal(400, 'Invalid JSON: expected an object');
  }

  /** The body as search parameters. */
  parameters(): Parameters {
    return flattenedParameters(this.json());
  }

  /** Search parameters with those that the key prescribes. */
  restricted(given: Parameters): Parameters {
    return withKeyParameters(given, this.credentials.parameters);
  }

  /** Throws a Refusal of the whole request when a fault is about one of its records. */
  admit(entries: readonly BatchEntry[]): void {
    if (!this.#faults.areOfRecords) return;
    const records = entries.flatMap(({ operation, indexName, position, near }) => {
      if (operation.kind !== 'set' && operation.kind !== 'merge') return [];
      const { objectID, record: json } = operation;
      return [{ index: indexName ?? this.path('index'), objectID, json, position, near }];
    });
    this.#faults.admit(faultTarget(this.#request), records);
  }

  /** Queues writes that are durable from here on; a task id for each. */
  accept(...writes: readonly Write[]): number[] {
    const taskIDs = this.#application.accept(writes, {
      lateness: this.#fault?.kind === 'late' ? this.#fault.applyAfter : undefined,
      arrival: this.#arrival,
    });
    if (this.#fault?.kind === 'forget') for (const taskID of taskIDs) this.#application.forgetTask(taskID);
    return taskIDs;
  }
}

export function faultTarget(request: FastifyRequest): FaultTarget {
  const { index } = request.params as { index?: string };
  return { method: request.method, path: request.url.split('?')[0] ?? '', index };
}

/** Browsers send credentials in the query string, so that the request stays a simple one for CORS. */
export function credential(request: FastifyRequest, name: string): string | undefined {
  const header = request.headers[name];
  return typeof header === 'string' ? header : queryParameter(request, name);
}

function queryParameter(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, unknown>)[name];
  return typeof value === 'string' ? value : undefined;
}

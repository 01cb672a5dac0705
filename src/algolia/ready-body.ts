import type { EndRequest, Requester, Response } from '@algolia/client-common';

/** Bytes that go on the wire as they are. */
export type ReadyBody = { readonly bytes: Uint8Array; readonly gzipped: boolean };

const HEADER = 'x-ready-body';

/**
 * The official client serialises what it sends by itself, which would parse and print every record once more and change jsonb's
 * numbers on the way. Here a header names bytes that are ready, and they take the place of the client's body.
 */
export class ReadyBodyRequester implements Requester {
  readonly #requester: Requester;
  readonly #bodies = new Map<string, ReadyBody>();
  readonly #answers = new Map<string, string>();
  #lastNumber = 0;

  constructor(requester: Requester) {
    this.#requester = requester;
  }

  /** Runs one call of the client, which has to pass on the headers, and keeps the bytes for as long as it takes. */
  async carry<T>(body: ReadyBody, call: (headers: Record<string, string>) => Promise<T>): Promise<T> {
    const name = this.#nextName();
    this.#bodies.set(name, body);
    try {
      return await call({ [HEADER]: name });
    } finally {
      this.#bodies.delete(name);
    }
  }

  /** Runs one call of the client, which has to pass on the headers, and resolves with its answer as it came: parsed, it has other numbers. */
  async hear(call: (headers: Record<string, string>) => Promise<unknown>): Promise<string> {
    const name = this.#nextName();
    this.#answers.set(name, '');
    try {
      await call({ [HEADER]: name });
      return this.#answers.get(name) ?? '';
    } finally {
      this.#answers.delete(name);
    }
  }

  #nextName(): string {
    this.#lastNumber += 1;
    return String(this.#lastNumber);
  }

  async #heard(name: string, request: EndRequest): Promise<Response> {
    const response = await this.#requester.send(request);
    this.#answers.set(name, response.content);
    return response;
  }

  send(request: EndRequest): Promise<Response> {
    // The requester unpacks answers with gunzipSync inside an event handler, where a broken one would end the process.
    const { [HEADER]: name, ...passedOn } = request.headers;
    const headers: Record<string, string> = { ...passedOn, 'accept-encoding': 'identity' };
    if (name === undefined) return this.#requester.send({ ...request, headers });
    if (this.#answers.has(name)) return this.#heard(name, { ...request, headers });
    const body = this.#bodies.get(name);
    if (body === undefined) throw new RangeError('a request outlived its body');
    headers['content-length'] = String(body.bytes.byteLength);
    if (body.gzipped) headers['content-encoding'] = 'gzip';
    return this.#requester.send({ ...request, headers, data: body.bytes });
  }
}

import { fileURLToPath } from 'node:url';
import type { Plant } from '../support/planted-program.ts';

/** What a process that has the preload can be told. */
export type Told =
  /** End as by kill -9 when the point is passed for the n-th time from now. */
  | { readonly kind: 'fail'; readonly point: Point; readonly passings: number }
  /** The wall clock is off by so much from now on. */
  | { readonly kind: 'clock'; readonly shiftMs: number };

export const PRELOAD = fileURLToPath(new URL('controls.mjs', import.meta.url));

export type Point = 'received' | 'encoded' | 'sent' | 'accepted' | 'published' | 'confirmed';

/** The points on the way of a change, from the walsender's bytes to the confirmation, and where in the build each is. */
const PLACES: Readonly<Record<Point, Plant>> = {
  received: {
    file: 'replication/walsender.js',
    find: 'this.#subscriber.next(run);',
    replace: "globalThis.passed('received'); this.#subscriber.next(run);",
  },
  encoded: {
    file: 'pipeline.js',
    find: 'inFlight.enter(memoryBytes)',
    replace: "tap(() => globalThis.passed('encoded')), inFlight.enter(memoryBytes)",
  },
  // Once the event loop comes round, the bytes are in the socket, and no answer can have been read.
  sent: {
    file: 'algolia/ready-body.js',
    find: 'return this.#requester.send({ ...request, headers, data: body.bytes });',
    replace:
      "const answer = this.#requester.send({ ...request, headers, data: body.bytes }); process.nextTick(() => setImmediate(() => globalThis.passed('sent'))); return answer;",
  },
  accepted: {
    file: 'pipeline.js',
    find: 'inFlight.leave(() => memoryBytes(taken))',
    replace: "tap(() => globalThis.passed('accepted')), inFlight.leave(() => memoryBytes(taken))",
  },
  published: {
    file: 'pipeline.js',
    find: 'if (position !== undefined)',
    replace: "globalThis.passed('published'); if (position !== undefined)",
  },
  confirmed: {
    file: 'replication/walsender.js',
    find: 'this.#confirmedLsn = lsn;',
    replace: "this.#confirmedLsn = lsn; setImmediate(() => globalThis.passed('confirmed'));",
  },
};

export const POINTS = Object.keys(PLACES) as readonly Point[];

/** Makes the points in a copy of the build; every process that runs it needs the preload. */
export const pointPlants: readonly Plant[] = Object.values(PLACES);

/** Lets a copy of the build wait so long for late copies of a request, in place of half a minute. */
export function settlingPlant(settleMs: number): Plant {
  return {
    file: 'algolia/unsettled.js',
    find: 'const SETTLE_MS = 30_000;',
    replace: `const SETTLE_MS = ${settleMs};`,
  };
}

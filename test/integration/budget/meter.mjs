import { subscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { PerformanceObserver, performance } from 'node:perf_hooks';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { getHeapStatistics, promiseHooks } from 'node:v8';

/**
 * Loaded before the program (`node --import`): counts what it does, and answers with the counts when the process that started it
 * asks. The packages are those that the program loads, also where it is a copy that links to our node_modules.
 */
const require = createRequire(import.meta.url);
const { Client } = require('pg');
const { Subscriber } = require('rxjs');

const counts = {
  collections: 0,
  reads: 0,
  readBytes: 0,
  pauses: 0,
  statements: 0,
  batches: 0,
  questions: 0,
  notifications: 0,
  promises: 0,
};
/** That of the walsender. */
let socket;
/** Who waits until so many bytes were read. */
let waiting;

const query = Client.prototype.query;
Client.prototype.query = function (...args) {
  if (String(args[0]?.text ?? args[0]).startsWith('START_REPLICATION')) follow(this.connection.stream);
  else counts.statements += 1;
  return query.apply(this, args);
};

function follow(stream) {
  socket = stream;
  stream.on('data', (bytes) => {
    counts.reads += 1;
    counts.readBytes += bytes.length;
    if (waiting === undefined || counts.readBytes < waiting.bytes) return;
    setImmediate(waiting.resolve);
    waiting = undefined;
  });
  const pause = stream.pause;
  stream.pause = function () {
    counts.pauses += 1;
    return pause.call(this);
  };
}

subscribe('http.client.request.start', ({ request }) => {
  if (request.path.includes('/task/')) counts.questions += 1;
  else if (request.path.includes('/batch')) counts.batches += 1;
});

const next = Subscriber.prototype.next;
Subscriber.prototype.next = function (value) {
  counts.notifications += 1;
  return next.call(this, value);
};

promiseHooks.onInit(() => {
  counts.promises += 1;
});

new PerformanceObserver((list) => {
  counts.collections += list.getEntries().length;
}).observe({ entryTypes: ['gc'] });

/** Collections are told a turn or two later; of a heap that was not collected, what is used is what was allocated. */
async function told() {
  for (let turns = 0; turns < 3; turns++) await turn();
  const { used_heap_size: heapBytes } = getHeapStatistics();
  return { ...counts, heapBytes, peakMemoryBytes: peakMemoryBytes() };
}

/** Of this program alone: what `getrusage` tells begins with the memory of the process that started it. */
function peakMemoryBytes() {
  const [, kilobytes] = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  if (kilobytes === undefined) throw new Error('/proc/self/status says nothing of VmHWM');
  return Number(kilobytes) * 1024;
}

/**
 * Whether the walsender's socket is left alone for good. A pause of patience ends by a timer that was set before ours and is shorter,
 * so that it has ended when ours fires, however late.
 */
async function isHeld() {
  const { reads } = counts;
  await delay(50);
  return counts.reads === reads && socket?.isPaused() === true;
}

const answers = {
  counts: told,
  isHeld,
  /** Answers once so many bytes were read since the start, and what they brought has been followed. */
  read: (bytes) =>
    new Promise((resolve) => {
      if (counts.readBytes >= bytes) resolve(true);
      else waiting = { bytes, resolve: () => resolve(true) };
    }),
  /** From now on every read comes in the same millisecond, so that it is load at any pace of the machine. */
  begin: () => {
    const stoppedAt = performance.now();
    performance.now = () => stoppedAt;
    globalThis.gc();
    return told();
  },
};
process.on('message', async ([question, value]) => process.send(await answers[question](value)));
// Listening must not keep alive a program that is done.
process.channel?.unref();

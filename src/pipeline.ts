import { type Observable, takeUntil, tap } from 'rxjs';
import type { Algolia } from './algolia/client.ts';
import { published } from './algolia/publication.ts';
import type { Writer, Written } from './algolia/writer.ts';
import type { Config } from './config/schema.ts';
import { batch } from './operators/batch.ts';
import { InFlight } from './operators/in-flight.ts';
import type { Step } from './records/operations.ts';
import { Slab } from './records/slab.ts';
import { steps } from './records/steps.ts';
import type { Session } from './replication/session.ts';

/** What a step holds in memory beside its bytes: its own object and its share of arrays and maps. */
const STEP_OVERHEAD_BYTES = 200;
/** One under way, one ready, one being read: what lies further ahead makes nothing faster, and Postgres keeps it just as well. */
const BATCHES_AHEAD = 3;

/** For those who watch; nothing on the line depends on them. */
export type PipelineEvents = {
  readonly onAccepted: (batch: Written & { readonly seconds: number }) => void;
  readonly onInFlight: (bytes: number) => void;
  readonly onOldest: (acceptedAtMs: number | undefined) => void;
};

export type PipelineOptions = PipelineEvents & {
  readonly session: Session;
  readonly writer: Writer;
  readonly algolia: Algolia;
  readonly config: Pick<Config, 'tables' | 'batch' | 'memory' | 'algolia'>;
  /** Its first value stops the intake: what was taken is still written, published and confirmed. */
  readonly stop: Observable<unknown>;
};

/**
 * The straight line, from what the walsender sends to the position that it may forget. One ordered stream carries changes, commits
 * and keepalives, and a position is confirmed because it comes out behind the writes before it; nothing else confirms. Emits what
 * was confirmed, batch by batch; completes once drained, errors with the first failure, and confirms no more then.
 */
export function pipeline({
  session,
  writer,
  algolia,
  config,
  stop,
  ...events
}: PipelineOptions): Observable<Written> {
  const { recordBytesMax, confirmAfter } = config.algolia;
  const inFlightBytesMax = Math.min(config.memory.inFlightBytesMax, BATCHES_AHEAD * config.batch.bytesMax);
  const inFlight = new InFlight(session, inFlightBytesMax, events.onInFlight);
  const slab = new Slab();
  return session.messages.pipe(
    takeUntil(stop),
    steps({ tables: config.tables, types: session.types, recordBytesMax, slab }),
    inFlight.enter(memoryBytes),
    batch({ weigh: requestBytes, ...config.batch }, (taken) => {
      const startedAtMs = performance.now();
      return writer.write(taken).pipe(
        inFlight.leave(() => memoryBytes(taken)),
        tap(() => release(slab, taken)),
        tap((written) =>
          events.onAccepted({ ...written, seconds: (performance.now() - startedAtMs) / 1_000 }),
        ),
      );
    }),
    published({ isPublished: algolia.isPublished, confirmAfter, onOldest: events.onOldest }),
    tap(({ position }) => {
      if (position !== undefined) session.confirm(position.lsn);
    }),
  );
}

/** Steps are accepted in the order in which they were written, so all before the last one are done with as well. */
function release(slab: Slab, accepted: readonly Step[]): void {
  const last = accepted.findLast((step) => step.kind !== 'position');
  if (last !== undefined) slab.release(last.bytes);
}

function requestBytes(step: Step): number {
  return step.kind === 'position' ? 0 : step.end - step.start;
}

function memoryBytes(taken: readonly Step[]): number {
  let bytes = 0;
  for (const step of taken) bytes += requestBytes(step) + STEP_OVERHEAD_BYTES;
  return bytes;
}

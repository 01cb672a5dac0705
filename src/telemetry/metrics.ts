import { Counter, Gauge, Histogram, Registry } from 'prom-client';
import { parseLsn } from '../lsn.ts';
import { METRIC } from './metric-names.ts';
import { STATES, type Status } from './status.ts';

/** What the supervisor tells as it happens; everything else is read from the status when somebody asks. */
export type Metrics = {
  /** A session was opened, for this reason: a few fixed words, never a message. */
  sessionOpened(reason: string): void;
  /** A request is sent again, for this reason: a status or a few fixed words. */
  retried(reason: string): void;
  batchWritten(batch: {
    readonly records: number;
    readonly deleted: number;
    readonly bytes: number;
    readonly seconds: number;
  }): void;
  inFlight(bytes: number): void;
  /** Rows became dead letters, each for a reason of a few fixed words. */
  setAside(letters: readonly { readonly reason: string }[]): void;
  /** A row must have no record, for this reason of a few fixed words. */
  excluded(reason: string): void;
  /** So many erasures are under way. */
  erasing(unfinished: number): void;
  /** So many records were asked to be removed that must not be in the index any more. */
  swept(records: number): void;
  /** A bookmark was dropped by itself, for this reason of a few fixed words. */
  bookmarkEnded(reason: string): void;
  /** The Prometheus text. https://prometheus.io/docs/instrumenting/exposition_formats/ */
  text(): Promise<string>;
};

/** One registry per pipeline, so that several can live in one process. */
export function createMetrics(status: () => Status): Metrics {
  const registry = new Registry();
  followStatus(status, registry);
  const sessions = new Counter({
    name: METRIC.sessions,
    help: 'Sessions opened, by what made them necessary',
    labelNames: ['reason'],
    registers: [registry],
  });
  const retries = new Counter({
    name: METRIC.retries,
    help: 'Requests to Algolia that were sent again, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  const setAside = new Counter({
    name: METRIC.setAside,
    help: 'Records that were set aside as dead letters, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  const removal = removalMetrics(registry);
  const batch = batchMetrics(registry);
  const inFlight = new Gauge({
    name: METRIC.inFlightBytes,
    help: 'Bytes that were read and are not yet accepted by Algolia',
    registers: [registry],
  });
  return {
    sessionOpened: (reason) => sessions.inc({ reason }),
    retried: (reason) => retries.inc({ reason }),
    batchWritten: batch,
    inFlight: (bytes) => inFlight.set(bytes),
    setAside: (letters) => {
      for (const { reason } of letters) setAside.inc({ reason });
    },
    ...removal,
    text: () => registry.metrics(),
  };
}

function removalMetrics(
  registry: Registry,
): Pick<Metrics, 'excluded' | 'erasing' | 'swept' | 'bookmarkEnded'> {
  const excluded = new Counter({
    name: METRIC.rowsExcluded,
    help: 'Rows that must have no record, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  const unfinished = new Gauge({
    name: METRIC.erasuresUnfinished,
    help: 'Erasures for which the index is being swept',
    registers: [registry],
  });
  const swept = new Counter({
    name: METRIC.recordsSwept,
    help: 'Records that were found in the index and must not be there any more',
    registers: [registry],
  });
  const bookmarks = new Counter({
    name: METRIC.bookmarksEnded,
    help: 'Bookmarks that were dropped by themselves, by reason',
    labelNames: ['reason'],
    registers: [registry],
  });
  return {
    excluded: (reason) => excluded.inc({ reason }),
    erasing: (count) => unfinished.set(count),
    swept: (records) => swept.inc(records),
    bookmarkEnded: (reason) => bookmarks.inc({ reason }),
  };
}

function batchMetrics(registry: Registry): Metrics['batchWritten'] {
  const histogram = (name: string, help: string, buckets: number[]): Histogram =>
    new Histogram({ name, help, buckets, registers: [registry] });
  const records = histogram(
    METRIC.batchRecords,
    'Records in one batch',
    [1, 10, 100, 500, 1_000, 2_500, 5_000],
  );
  const bytes = histogram(METRIC.batchBytes, 'Bytes of one batch', [1e3, 1e4, 1e5, 5e5, 1e6, 2.5e6, 5e6]);
  const seconds = histogram(
    METRIC.batchWriteSeconds,
    'Seconds from the first attempt to write a batch until Algolia has accepted it',
    [0.001, 0.005, 0.025, 0.1, 0.25, 0.5, 1, 2.5, 10, 60],
  );
  const counter = (name: string, help: string): Counter => new Counter({ name, help, registers: [registry] });
  const written = counter(METRIC.recordsWritten, 'Records written');
  const deleted = counter(METRIC.recordsDeleted, 'Records deleted');
  return (batch) => {
    records.observe(batch.records);
    bytes.observe(batch.bytes);
    seconds.observe(batch.seconds);
    written.inc(batch.records - batch.deleted);
    deleted.inc(batch.deleted);
  };
}

type StatusGauge = readonly [name: string, help: string, read: (status: Status) => number | null];

/** An LSN counts bytes of WAL; up to 2^53, nine petabytes, a number holds it exactly. */
const lsnBytes = (text: string | null): number | null => (text === null ? null : Number(parseLsn(text)));

const STATUS_GAUGES: readonly StatusGauge[] = [
  [METRIC.receivedLsn, 'Last position received', ({ slot }) => lsnBytes(slot.receivedLsn)],
  [METRIC.confirmedLsn, 'Last position confirmed', ({ slot }) => lsnBytes(slot.confirmedLsn)],
  [METRIC.lagBytes, 'WAL that the server has written and we have not confirmed', ({ slot }) => slot.lagBytes],
  [METRIC.lagSeconds, 'Age of the oldest commit that is not confirmed', ({ slot }) => slot.lagSeconds],
  [METRIC.deadLetters, 'Records in the table of dead letters', ({ records }) => records.deadLetters],
  [METRIC.retainedBytes, 'WAL that the server keeps for the slot', ({ slot }) => slot.retainedBytes],
  [
    METRIC.oldestUnpublishedSeconds,
    'How long the oldest accepted write has waited to be published',
    ({ oldestUnpublishedSeconds }) => oldestUnpublishedSeconds,
  ],
  [
    METRIC.backfillRows,
    'Rows from before the slot that are loaded, of the table that is being loaded by itself',
    ({ backfill }) => backfill?.rows ?? null,
  ],
  [
    METRIC.backfillRowsEstimated,
    'About how many rows the table has that is being loaded by itself',
    ({ backfill }) => backfill?.rowsEstimated ?? null,
  ],
  [
    METRIC.verifyFinished,
    'When the last comparison of a table with its index ended, in seconds since 1970',
    ({ verify }) => (typeof verify?.at === 'string' ? Date.parse(verify.at) / 1_000 : null),
  ],
  [
    METRIC.verifyDiffering,
    'Records that differed from their rows in the last comparisons, and were not repaired',
    ({ verify }) => (typeof verify?.at === 'string' ? verify.differing : null),
  ],
];

/** Read when somebody asks; what is not known is left out rather than shown as 0. */
function followStatus(status: () => Status, registry: Registry): void {
  for (const [name, help, read] of STATUS_GAUGES) {
    new Gauge({
      name,
      help,
      registers: [registry],
      collect() {
        const value = read(status());
        if (value === null) this.remove();
        else this.set(value);
      },
    });
  }
  new Gauge({
    name: METRIC.state,
    help: '1 for the state that the pipeline is in, 0 for the others',
    labelNames: ['state'],
    registers: [registry],
    collect() {
      const current = status().state;
      for (const state of STATES) this.set({ state }, state === current ? 1 : 0);
    },
  });
}

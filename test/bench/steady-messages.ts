export type WritersOptions = {
  readonly databaseUrl: string;
  readonly rows: number;
  readonly rowsPerSecond: number;
  readonly writers: number;
};

/** What the writers send once all rows are committed: when each COMMIT was sent, on the monotonic clock; row `id` is at `id - 1`. */
export type CommitTimes = readonly number[];

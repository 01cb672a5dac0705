export const STATES = ['starting', 'streaming', 'catching-up', 'standby', 'waiting', 'stopped'] as const;
export type State = (typeof STATES)[number];

/** What `/status` and `status --json` show. LSNs as Postgres prints them; null stands for what is not known. */
export type Status = {
  readonly state: State;
  readonly slot: {
    readonly name: string;
    readonly active: boolean;
    readonly confirmedLsn: string | null;
    readonly receivedLsn: string | null;
    readonly serverLsn: string | null;
    /** What the server has written and we have not confirmed. */
    readonly lagBytes: number | null;
    /** About how long ago the oldest commit was made that is not confirmed; 0 when none is. */
    readonly lagSeconds: number | null;
    /** WAL that the server keeps for the slot. */
    readonly retainedBytes: number | null;
  };
  /** Since the process started. */
  readonly records: {
    readonly written: number | null;
    readonly deleted: number | null;
    readonly deadLetters: number;
  };
  /** The last commit up to which everything is in the index; `at` as ISO 8601 in UTC. */
  readonly completeThrough: { readonly lsn: string | null; readonly at: string | null };
  readonly oldestUnpublishedSeconds: number | null;
  /** Of the table that is being loaded from before the slot. */
  readonly backfill?: { readonly table: string; readonly rows: number; readonly rowsEstimated: number };
  /** What comparing each table with its index came to for the last time, where `run` does that by itself. */
  readonly verify?:
    | {
        /** When the last one ended. */
        readonly at: string | null;
        /** Records that differ and were not repaired. */
        readonly differing: number;
        readonly tables: Readonly<
          Record<string, { readonly at: string } & Readonly<Record<string, unknown>>>
        >;
        /** Why one that is due could not be made; it stands until that table was compared. */
        readonly error?: Told;
      }
    | undefined;
  readonly error?: Told;
};

/** An error, as it is shown. */
export type Told = { readonly code: string; readonly message: string; readonly remedy?: string };

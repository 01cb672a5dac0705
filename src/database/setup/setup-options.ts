import type { Lookup } from '../lookup-tables.ts';
import type { RecoveryOptions } from '../own-tables/recovery-statements.ts';
import type { Waiting } from './blockers.ts';

export type SetupOptions = {
  readonly slot: string;
  readonly publications: readonly string[];
  readonly plugin: string;
  /** Per qualified table name, the columns that its objectID is made of and, when given, the only ones that it needs and the changes that are followed. */
  readonly tables: ReadonlyMap<
    string,
    {
      readonly objectID: readonly string[];
      readonly columns: readonly string[] | undefined;
      /** SQL of the row filter. */
      readonly filter?: string | undefined;
      readonly operations?: readonly ('insert' | 'update' | 'delete' | 'truncate')[] | undefined;
    }
  >;
  /** Reference tables. Those that are followed are among the tables, too. */
  readonly lookups?: readonly (Lookup & { readonly follow: boolean })[];
  /** The role that `run` uses, where it is not the one that sets up. */
  readonly runRole: string | undefined;
  /** Whether what the slot follows is kept, for a status record. */
  readonly coverage?: boolean | undefined;
  /** For a slot in the place of one that is lost or gone. Left out: such a slot is never touched. */
  readonly recovery?: RecoveryOptions | undefined;
  /** Asked where it matters, and only there. Left out: TRUNCATE is not published. */
  readonly truncation?: (() => Promise<Truncation>) | undefined;
  /** Looks once more before a slot is touched, when all else stands; what it rejects with ends the setup. */
  readonly beforeSlot?: (() => Promise<void>) | undefined;
  readonly waiting?: Waiting | undefined;
};

/** What would become of a TRUNCATE, in words. */
export type Truncation = {
  /** Completes "TRUNCATE: …". */
  readonly effect: string;
  /** Why it could not be followed, if it could not. */
  readonly obstacle: string | undefined;
};

/** A SetupPlan in two parts: what concerns the slot runs when all else stands. */
export type SetupSteps = Pick<SetupPlan, 'notices'> & Readonly<Record<'others' | 'slot', readonly string[]>>;

/** Statements that are still missing, in the order in which they must run, each by itself; and what the operator should know. */
export type SetupPlan = { readonly statements: readonly string[]; readonly notices: readonly string[] };

import type { Config } from './config/schema.ts';
import { Finisher, type FinisherOptions } from './drafts/finisher.ts';
import { Lookups } from './lookups/lookups.ts';
import type { DeliveredTransactions } from './refresh/delivered.ts';
import { Refresher } from './refresh/refresher.ts';
import type { Session, SessionOptions } from './replication/session.ts';
import type { Sweeper } from './sweep/sweeper.ts';

export type ReadersOptions = {
  readonly config: Config;
  readonly session: SessionOptions;
  /** Transactions that may not be visible yet; they outlive a session. */
  readonly delivered: DeliveredTransactions;
  /** A refresh waits for this transaction. */
  readonly onWaiting: (xid: number) => void;
  readonly onUnfinished: NonNullable<FinisherOptions['onWaiting']>;
  /** Rows that somebody asked for are not read, for this reason. */
  readonly onIgnored: (reason: string) => void;
};

type Readers = { readonly refresher: Refresher; readonly lookups: Lookups };

/** Names are read behind what the refresher has seen to be visible; rows that it reads have names. */
export function createReaders(
  options: ReadersOptions,
  session: Session,
  sweeper: Pick<Sweeper, 'exclusions'>,
): Readers {
  const lookups: Lookups = new Lookups({
    url: options.session.url,
    lookups: options.config.lookups,
    whenVisible: () => refresher.whenVisible(),
  });
  const refresher = createRefresher(options, session, lookups, sweeper);
  return { refresher, lookups };
}

function createRefresher(
  options: ReadersOptions,
  session: Session,
  { byName: lookups }: Lookups,
  { exclusions }: Pick<Sweeper, 'exclusions'>,
): Refresher {
  const { config, delivered, onWaiting, onIgnored } = options;
  const { tables } = config;
  const { recordBytesMax } = config.algolia;
  const { publications, url, slot } = options.session;
  const { serverVersion, bindings, types } = session;
  return new Refresher({
    url,
    slot,
    serverVersion,
    publications: options.session.plugin === 'pgoutput' ? publications : [],
    bindings,
    tables,
    types,
    recordBytesMax,
    bytesMax: config.batch.bytesMax,
    lookups,
    exclusions,
    delivered,
    onWaiting,
    onIgnored,
  });
}

export function createFinisher(
  { config, onUnfinished: onWaiting }: ReadersOptions,
  lookups: Lookups,
): Finisher {
  const { tables, algolia, batch } = config;
  const { recordBytesMax } = algolia;
  return new Finisher({ tables, recordBytesMax, bytesMax: batch.bytesMax, lookups, onWaiting });
}

import type { Lsn } from '../lsn.ts';
import { formatLsn, LSN_ZERO } from '../lsn.ts';
import type { Begin } from '../replication/messages.ts';
import { Constant } from './slab.ts';

/** What the records of one transaction share. */
export type Transaction = {
  /** Start of the commit record; names the transaction to people, too. */
  readonly lsn: Lsn;
  /** Undefined for NO_TRANSACTION, like the next. */
  readonly xid: number | undefined;
  /** ISO 8601 in UTC, with microseconds. */
  readonly committedAt: string | undefined;
  /** `,"wal":{…}}}`: the annotation that ends a streamed record's body, and the ends of body and operation. */
  readonly wal: Constant;
  /** How many rows without an objectID it has brought so far. Every delivery of a transaction begins anew, so the count names a row. */
  keyless: number;
};

/** In place of the transaction of a record that came in none: it is read again because somebody asked. */
export const NO_TRANSACTION: Transaction = {
  lsn: LSN_ZERO,
  xid: undefined,
  committedAt: undefined,
  wal: new Constant('}}'),
  keyless: 0,
};

/** For messages: where a row stands that cannot be followed. */
export function placeOf({ lsn }: Pick<Transaction, 'lsn'>): string {
  return lsn === LSN_ZERO ? 'when it was read again' : `in the transaction at ${formatLsn(lsn)}`;
}

/** `committed_at` always has six decimals, so that texts sort as times do. */
export function transaction(begin: Begin): Transaction {
  const millis = Number(begin.committedAtMicros / 1000n);
  const micros = Number(begin.committedAtMicros % 1000n);
  const seconds = Math.floor(millis / 1000);
  const fraction = String(1_000_000 + (millis - seconds * 1000) * 1000 + micros).slice(1);
  const committedAt = `${secondText(seconds)}.${fraction}Z`;
  const wal = `{"lsn":"${formatLsn(begin.commitLsn)}","xid":${begin.xid},"committed_at":"${committedAt}","committed_at_ms":${millis}}`;
  return {
    lsn: begin.commitLsn,
    xid: begin.xid,
    committedAt,
    wal: new Constant(`,"wal":${wal}}}`),
    keyless: 0,
  };
}

/** Transactions come in the order of their commits, so the second is mostly that of the one before; a Date's text costs more than all the rest. */
let lastSeconds = Number.NaN;
let lastText = '';

/** Without fraction and zone. */
function secondText(seconds: number): string {
  if (seconds === lastSeconds) return lastText;
  lastSeconds = seconds;
  lastText = new Date(seconds * 1000).toISOString().slice(0, -'.000Z'.length);
  return lastText;
}

/** The longest annotation and the brace behind it, until the year 10000. */
export const WAL_BYTES_MAX =
  transaction({
    tag: 'begin',
    commitLsn: 0xffff_ffff_ffff_ffffn as Lsn,
    committedAtMicros: 253_402_300_799_999_999n,
    xid: 0xffff_ffff,
  }).wal.bytes.length - 1;

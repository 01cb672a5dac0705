import type { Client } from 'pg';
import type { Random } from '../../src/local/producer/random.ts';

const BIG_TRANSACTION_ROWS = 1_000;
/** Larger than what Postgres leaves in the row, and small enough for a record. https://www.postgresql.org/docs/current/storage-toast.html */
const TOASTED_DIGITS = [3_000, 6_000] as const;

export type Writer = {
  readonly client: Client;
  readonly random: Random;
  /** The highest id that any writer has seen. */
  readonly ids: { max: number };
  /** Of an insert, that it has large values. */
  readonly toastChance: number;
  /** Of an insert, that its row cannot be indexed. */
  readonly badChance: number;
  /** Of a transaction, that it is a TRUNCATE. */
  readonly truncateChance: number;
  /** Whether the table has the column that counts a row's changes. */
  readonly countsRevisions: boolean;
};

const revised = ({ countsRevisions }: Writer): string => (countsRevisions ? ', revision = revision + 1' : '');

/** In a record that the index refuses: whoever starts the index has to tell it. */
export const REFUSED_TEXT = 'not for the index';
/** Rows that cannot be indexed are known by their action. */
export const BAD_ACTIONS = ['record.refused', 'record.oversized'] as const;
/** Beyond what a record may have. */
const OVERSIZED_DIGITS = 12_000;

type Change = (writer: Writer) => Promise<number>;

/** What a transaction is made of; the shares are out of 100. */
const CHANGES: readonly { readonly share: number; readonly change: Change }[] = [
  { share: 50, change: (writer) => insert(writer, writer.random.integer(1, 5)) },
  { share: 29, change: (writer) => updateRange(writer, writer.random.integer(1, 5)) },
  { share: 1, change: cure },
  { share: 5, change: move },
  { share: 15, change: remove },
];

/** One transaction between BEGIN and its end; resolves with how many rows it changed. */
export async function transaction(writer: Writer): Promise<number> {
  const { client, random, truncateChance } = writer;
  if (random.chance(truncateChance)) return truncate(writer);
  if (random.chance(0.01)) return insert(writer, BIG_TRANSACTION_ROWS);
  if (random.chance(0.005)) return updateRange(writer, BIG_TRANSACTION_ROWS);
  let rows = await changes(writer, random.integer(1, 4));
  if (random.chance(0.25)) {
    await client.query('SAVEPOINT kept');
    const more = await changes(writer, random.integer(1, 4));
    if (random.chance(0.6)) await client.query('ROLLBACK TO SAVEPOINT kept');
    else rows += more;
    rows += await changes(writer, 1);
  }
  return rows;
}

async function changes(writer: Writer, count: number): Promise<number> {
  let rows = 0;
  for (let n = 0; n < count; n += 1) {
    let draw = writer.random.integer(1, 100);
    const drawn = CHANGES.find(({ share }) => {
      draw -= share;
      return draw <= 0;
    });
    rows += (await drawn?.change(writer)) ?? 0;
  }
  return rows;
}

async function insert(writer: Writer, count: number): Promise<number> {
  const { client, random, ids, toastChance } = writer;
  if (random.chance(writer.badChance)) return insertBad(writer);
  const isLarge = count < BIG_TRANSACTION_ROWS && random.chance(toastChance);
  const digits = isLarge ? random.integer(...TOASTED_DIGITS) : random.integer(0, 300);
  const { rows } = await client.query<{ max: string; count: number }>(
    `WITH added AS (INSERT INTO audit_log (actor_id, action, outcome, metadata)
       SELECT $1, 'report.renamed', NULL, jsonb_build_object('n', g, 'text', $2::text) FROM generate_series(1, $3) g
       RETURNING id) SELECT max(id)::text AS max, count(*)::int AS count FROM added`,
    [`user-${random.integer(1, 50)}`, random.digits(digits), count],
  );
  ids.max = Math.max(ids.max, Number(rows[0]?.max));
  return rows[0]?.count ?? 0;
}

/** One that the index refuses, or that is larger than a record may be. */
async function insertBad({ client, random, ids }: Writer): Promise<number> {
  const action = random.pick(BAD_ACTIONS);
  const text = action === 'record.refused' ? REFUSED_TEXT : random.digits(OVERSIZED_DIGITS);
  const { rows } = await client.query<{ id: string }>(
    `INSERT INTO audit_log (action, metadata) VALUES ($1, jsonb_build_object('text', $2::text)) RETURNING id::text AS id`,
    [action, text],
  );
  ids.max = Math.max(ids.max, Number(rows[0]?.id));
  return rows.length;
}

/** Makes a row that could not be indexed one that can, if there is any. */
async function cure(writer: Writer): Promise<number> {
  const { rowCount } = await writer.client.query(
    `UPDATE audit_log SET action = 'report.renamed', metadata = '{}'${revised(writer)}
     WHERE id = (SELECT id FROM audit_log WHERE action = ANY($1) ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED)`,
    [BAD_ACTIONS],
  );
  return rowCount ?? 0;
}

/**
 * In the order of the keys, so that writers seldom wait for each other in a circle. `metadata` stays as it is, so that it does not travel
 * where it is large.
 */
async function updateRange(writer: Writer, count: number): Promise<number> {
  const { client, random, ids } = writer;
  const first = random.integer(1, Math.max(1, ids.max));
  const { rowCount } = await client.query(
    `WITH found AS (SELECT id FROM audit_log WHERE id BETWEEN $1 AND $2 ORDER BY id FOR UPDATE)
     UPDATE audit_log SET outcome = $3, before = jsonb_build_object('n', metadata->'n'),
       after = jsonb_build_object('n', $4::bigint)${revised(writer)}
     FROM found WHERE audit_log.id = found.id`,
    [first, first + count - 1, random.pick(['succeeded', 'denied', 'failed']), random.integer(0, 2 ** 40)],
  );
  return rowCount ?? 0;
}

async function move(writer: Writer): Promise<number> {
  const { client, random, ids } = writer;
  const { rows, rowCount } = await client.query<{ id: string }>(
    `UPDATE audit_log SET id = nextval(pg_get_serial_sequence('audit_log', 'id'))${revised(writer)}
     WHERE id = $1 RETURNING id::text AS id`,
    [random.integer(1, Math.max(1, ids.max))],
  );
  ids.max = Math.max(ids.max, ...rows.map(({ id }) => Number(id)));
  return rowCount ?? 0;
}

async function remove({ client, random, ids }: Writer): Promise<number> {
  const { rowCount } = await client.query('DELETE FROM audit_log WHERE id = $1', [
    random.integer(1, Math.max(1, ids.max)),
  ]);
  return rowCount ?? 0;
}

async function truncate({ client }: Writer): Promise<number> {
  await client.query('TRUNCATE audit_log');
  return 0;
}

import { Subject } from 'rxjs';
import type { TableConfig } from '../../../src/config/schema.ts';
import { isOperation } from '../../../src/records/operations.ts';
import { steps } from '../../../src/records/steps.ts';
import {
  COLUMN_NULL,
  COLUMN_UNCHANGED,
  type Relation,
  type Tuple,
  type WalMessage,
} from '../../../src/replication/messages.ts';
import type { SessionOptions } from '../../../src/replication/session.ts';
import { waitFor } from '../../support/wait-for.ts';
import { createSlot, database, open, sql } from './wal2json-case.ts';

const LAST = 'the last message';

export type Stream = {
  /** What came, without transactions in which nothing did; one entry for each truncated table. */
  readonly messages: readonly unknown[];
  /** What `steps` makes of it: the JSON of operations, why a row cannot be a record, and of anything else its kind. */
  readonly records: readonly string[];
};

type Both = { readonly pgoutput: Stream; readonly wal2json: Stream };

/** Two slots that begin at the same point, one for each plugin, and a publication. */
export async function createBothSlots(published = 'ALL TABLES'): Promise<void> {
  await sql(`CREATE PUBLICATION ${database.publication} FOR ${published}`);
  await createSlot();
  await createSlot(`${database.slot}_p`, 'pgoutput');
}

/** What was committed since the slots were made, streamed by either of them. */
export async function streamBoth(tables: Readonly<Record<string, TableConfig>>): Promise<Both> {
  await sql(`SELECT pg_logical_emit_message(true, '${LAST}', '')`);
  const pgoutput = {
    plugin: 'pgoutput',
    slot: `${database.slot}_p`,
    publications: [database.publication],
  } as const;
  return {
    pgoutput: await stream(tables, pgoutput),
    wal2json: await stream(tables, {}),
  };
}

async function stream(
  tables: Readonly<Record<string, TableConfig>>,
  more: Partial<SessionOptions>,
): Promise<Stream> {
  const session = await open({ tables: Object.keys(tables), ...more });
  const messages: Plain[] = [];
  const records: string[] = [];
  const runs = new Subject<readonly WalMessage[]>();
  let failure: unknown;
  const options = { tables, types: session.types, recordBytesMax: 100_000, bindings: session.bindings };
  const fail = (error: unknown): void => {
    failure = error;
  };
  runs.pipe(steps(options)).subscribe({
    next: (taken) => {
      for (const step of taken) {
        if (isOperation(step)) records.push(step.bytes.toString('utf8', step.start, step.end));
        else if (step.kind === 'unfit') records.push(JSON.stringify({ ...step, transaction: undefined }));
        else if (step.kind !== 'position') records.push(step.kind);
      }
    },
    error: fail,
  });
  session.messages.subscribe({
    next: (run) => {
      messages.push(...run.flatMap(plain));
      runs.next(run);
    },
    error: fail,
  });
  // Its commit may come in another read of the socket.
  const isWhole = (): boolean => {
    const last = messages.findIndex(({ prefix }) => prefix === LAST);
    return last >= 0 && messages.slice(last).some(({ tag }) => tag === 'commit');
  };
  await waitFor(() => failure !== undefined || isWhole(), { description: 'the last message' });
  await session.close();
  if (failure !== undefined) throw failure;
  return { messages: withoutEmptyTransactions(messages), records };
}

type Plain = Readonly<Record<string, unknown>>;

function plain(message: WalMessage): Plain[] {
  switch (message.tag) {
    case 'insert':
      return [{ tag: message.tag, relation: message.relation, new: texts(message.new) }];
    case 'update':
    case 'delete':
      return [
        {
          tag: message.tag,
          relation: message.relation,
          old: message.old && [message.old.kind, texts(message.old.tuple)],
          new: message.tag === 'update' ? texts(message.new) : undefined,
        },
      ];
    case 'truncate':
      return message.relations.map((relation: Relation) => ({ tag: message.tag, relation }));
    case 'message':
      return [{ ...message, content: message.content.toString() }];
    case 'begin':
    case 'commit':
      return [message];
    case 'relation':
    case 'keepalive':
    case 'origin':
    case 'type':
      return [];
  }
}

function texts(tuple: Tuple): readonly (string | null | undefined)[] {
  const at = new Int32Array(2 * tuple.columnCount);
  tuple.locate(at);
  return Array.from({ length: tuple.columnCount }, (_, column) => {
    const start = at[2 * column] as number;
    if (start === COLUMN_NULL) return null;
    return start === COLUMN_UNCHANGED ? undefined : tuple.bytes.toString('utf8', start, at[2 * column + 1]);
  });
}

/** pgoutput leaves them out since Postgres 15, wal2json never does. */
function withoutEmptyTransactions(messages: readonly Plain[]): readonly Plain[] {
  return messages.filter(
    ({ tag }, index) =>
      !(tag === 'begin' && messages[index + 1]?.['tag'] === 'commit') &&
      !(tag === 'commit' && messages[index - 1]?.['tag'] === 'begin'),
  );
}

import { ProtocolError } from '../errors.ts';
import type { Lsn } from '../lsn.ts';
import type {
  Begin,
  Column,
  Commit,
  Delete,
  Insert,
  LogicalMessage,
  Origin,
  Relation,
  ReplicaIdentity,
  Truncate,
  TypeName,
  Update,
  WalMessage,
} from './messages.ts';
import { PgoutputTuple, skipTuple } from './tuple.ts';

const POSTGRES_EPOCH_MICROS = 946_684_800_000_000n;
const REPLICA_IDENTITIES: Readonly<Record<string, ReplicaIdentity>> = {
  d: 'default',
  n: 'nothing',
  f: 'full',
  i: 'index',
};
const KEY = 0x4b; // K
const OLD = 0x4f; // O
const NEW = 0x4e; // N
const INSERT = 0x49; // I
const UPDATE = 0x55; // U
const DELETE = 0x44; // D
const BEGIN = 0x42; // B
const COMMIT = 0x43; // C
/** Kind, relation, mark of the tuple and its number of columns. */
const CHANGE_BYTES_MIN = 8;
const BEGIN_BYTES = 21;
const COMMIT_BYTES = 26;

/**
 * Decodes pgoutput, protocol version 1. One per session: it remembers the relations that the walsender described.
 * https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
export class PgoutputDecoder {
  readonly #relations = new Map<number, Relation>();

  /** Throws a ProtocolError when `bytes[start, end)` is not one whole message. Row images stay unread and point into `bytes`. */
  decode(bytes: Buffer, start = 0, end = bytes.length): WalMessage {
    switch (bytes[start] as number) {
      case INSERT:
        expectBytes(CHANGE_BYTES_MIN, start, end);
        return this.#insert(bytes, start, end);
      case UPDATE:
        expectBytes(CHANGE_BYTES_MIN, start, end);
        return this.#update(bytes, start, end);
      case DELETE:
        expectBytes(CHANGE_BYTES_MIN, start, end);
        return this.#delete(bytes, start, end);
      case BEGIN:
        expectBytes(BEGIN_BYTES, start, end);
        return begin(bytes, start);
      case COMMIT:
        expectBytes(COMMIT_BYTES, start, end);
        return commit(bytes, start);
      default:
        return this.#rare(bytes.subarray(start, end));
    }
  }

  /** What comes once in a while, from a buffer of its own. */
  #rare(bytes: Buffer): WalMessage {
    try {
      return this.#rareMessage(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw new ProtocolError(`a pgoutput message of ${bytes.length} bytes ends too early`, { cause: error });
    }
  }

  #rareMessage(bytes: Buffer): WalMessage {
    const tag = String.fromCharCode(bytes.readUInt8(0));
    switch (tag) {
      case 'R': {
        const described = relation(bytes);
        this.#relations.set(described.oid, described);
        return described;
      }
      case 'T':
        return this.#truncate(bytes);
      case 'Y':
        return typeName(bytes);
      case 'O':
        return origin(bytes);
      case 'M':
        return logicalMessage(bytes);
      default:
        throw new ProtocolError(`unknown pgoutput message ${JSON.stringify(tag)} in protocol version 1`);
    }
  }

  #relation(oid: number): Relation {
    const known = this.#relations.get(oid);
    if (known === undefined) throw new ProtocolError(`a change of relation ${oid}, which was not described`);
    return known;
  }

  #insert(bytes: Buffer, start: number, end: number): Insert {
    expectMark(bytes, start + 5, NEW);
    return {
      tag: 'insert',
      relation: this.#relation(bytes.readUInt32BE(start + 1)),
      new: new PgoutputTuple(bytes, start + 6, end),
    };
  }

  #update(bytes: Buffer, start: number, end: number): Update {
    const changed = this.#relation(bytes.readUInt32BE(start + 1));
    const mark = bytes[start + 5];
    const tuple = start + 6;
    if (mark !== KEY && mark !== OLD) {
      expectMark(bytes, start + 5, NEW);
      return { tag: 'update', relation: changed, old: undefined, new: new PgoutputTuple(bytes, tuple, end) };
    }
    const next = skipTuple(bytes, tuple, end);
    // The new image begins with its mark and its number of columns.
    expectBytes(3, next, end);
    expectMark(bytes, next, NEW);
    return {
      tag: 'update',
      relation: changed,
      old: { kind: mark === KEY ? 'key' : 'full', tuple: new PgoutputTuple(bytes, tuple, next) },
      new: new PgoutputTuple(bytes, next + 1, end),
    };
  }

  #delete(bytes: Buffer, start: number, end: number): Delete {
    const mark = bytes[start + 5];
    if (mark !== KEY) expectMark(bytes, start + 5, OLD);
    return {
      tag: 'delete',
      relation: this.#relation(bytes.readUInt32BE(start + 1)),
      old: { kind: mark === KEY ? 'key' : 'full', tuple: new PgoutputTuple(bytes, start + 6, end) },
    };
  }

  #truncate(bytes: Buffer): Truncate {
    const count = bytes.readUInt32BE(1);
    const relations: Relation[] = [];
    for (let i = 0; i < count; i++) relations.push(this.#relation(bytes.readUInt32BE(6 + 4 * i)));
    return { tag: 'truncate', relations };
  }
}

function begin(bytes: Buffer, start: number): Begin {
  return {
    tag: 'begin',
    commitLsn: bytes.readBigUInt64BE(start + 1) as Lsn,
    committedAtMicros: bytes.readBigInt64BE(start + 9) + POSTGRES_EPOCH_MICROS,
    xid: bytes.readUInt32BE(start + 17),
  };
}

function commit(bytes: Buffer, start: number): Commit {
  return {
    tag: 'commit',
    endLsn: bytes.readBigUInt64BE(start + 10) as Lsn,
    committedAtMicros: bytes.readBigInt64BE(start + 18) + POSTGRES_EPOCH_MICROS,
  };
}

function relation(bytes: Buffer): Relation {
  const [schema, afterSchema] = text(bytes, 5);
  const [name, afterName] = text(bytes, afterSchema);
  const identity = REPLICA_IDENTITIES[String.fromCharCode(bytes.readUInt8(afterName))];
  if (identity === undefined)
    throw new ProtocolError(`relation ${schema}.${name} has an unknown replica identity`);
  const columns: Column[] = [];
  let at = afterName + 3;
  for (let left = bytes.readUInt16BE(afterName + 1); left > 0; left--) {
    const [column, afterColumn] = text(bytes, at + 1);
    columns.push({
      name: column,
      typeOid: bytes.readUInt32BE(afterColumn),
      typeModifier: bytes.readInt32BE(afterColumn + 4),
      isKey: (bytes.readUInt8(at) & 1) === 1,
    });
    at = afterColumn + 8;
  }
  // An empty namespace stands for pg_catalog.
  return {
    tag: 'relation',
    oid: bytes.readUInt32BE(1),
    schema: schema || 'pg_catalog',
    name,
    replicaIdentity: identity,
    columns,
  };
}

function typeName(bytes: Buffer): TypeName {
  const [schema, afterSchema] = text(bytes, 5);
  return {
    tag: 'type',
    oid: bytes.readUInt32BE(1),
    schema: schema || 'pg_catalog',
    name: text(bytes, afterSchema)[0],
  };
}

function origin(bytes: Buffer): Origin {
  return { tag: 'origin', name: text(bytes, 9)[0] };
}

function logicalMessage(bytes: Buffer): LogicalMessage {
  const [prefix, afterPrefix] = text(bytes, 10);
  const start = afterPrefix + 4;
  const end = start + bytes.readUInt32BE(afterPrefix);
  if (end > bytes.length)
    throw new ProtocolError(`a logical message needs ${end} bytes, ${bytes.length} came`);
  return {
    tag: 'message',
    transactional: bytes.readUInt8(1) === 1,
    lsn: bytes.readBigUInt64BE(2) as Lsn,
    prefix,
    content: bytes.subarray(start, end),
  };
}

/** A zero-terminated string and the offset behind it. */
function text(bytes: Buffer, offset: number): [string, number] {
  const end = bytes.indexOf(0, offset);
  if (end === -1) throw new ProtocolError('a string in a pgoutput message has no end');
  return [bytes.toString('utf8', offset, end), end + 1];
}

function expectMark(bytes: Buffer, offset: number, mark: number): void {
  const found = bytes[offset];
  if (found !== mark) throw new ProtocolError(`expected the tuple mark ${mark}, found ${found}`);
}

function expectBytes(count: number, start: number, end: number): void {
  if (end - start < count)
    throw new ProtocolError(`a part of a pgoutput message ends after ${end - start} of ${count} bytes`);
}

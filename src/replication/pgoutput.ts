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

/**
 * Decodes pgoutput, protocol version 1. One per session: it remembers the relations that the walsender described.
 * https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html
 */
export class PgoutputDecoder {
  readonly #relations = new Map<number, Relation>();

  /** Throws a ProtocolError on bytes that are not one whole message. Row images stay unread and point into `bytes`. */
  decode(bytes: Buffer): WalMessage {
    try {
      return this.#message(bytes);
    } catch (error) {
      if (error instanceof ProtocolError) throw error;
      throw new ProtocolError(`a pgoutput message of ${bytes.length} bytes ends too early`, { cause: error });
    }
  }

  #message(bytes: Buffer): WalMessage {
    const tag = String.fromCharCode(bytes.readUInt8(0));
    switch (tag) {
      case 'I':
        return this.#insert(bytes);
      case 'U':
        return this.#update(bytes);
      case 'D':
        return this.#delete(bytes);
      case 'B':
        return begin(bytes);
      case 'C':
        return commit(bytes);
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

  #insert(bytes: Buffer): Insert {
    expect(bytes, 5, NEW);
    return {
      tag: 'insert',
      relation: this.#relation(bytes.readUInt32BE(1)),
      new: new PgoutputTuple(bytes, 6),
    };
  }

  #update(bytes: Buffer): Update {
    const changed = this.#relation(bytes.readUInt32BE(1));
    const mark = bytes.readUInt8(5);
    if (mark !== KEY && mark !== OLD) {
      expect(bytes, 5, NEW);
      return { tag: 'update', relation: changed, old: undefined, new: new PgoutputTuple(bytes, 6) };
    }
    const next = skipTuple(bytes, 6);
    expect(bytes, next, NEW);
    return {
      tag: 'update',
      relation: changed,
      old: { kind: mark === KEY ? 'key' : 'full', tuple: new PgoutputTuple(bytes, 6) },
      new: new PgoutputTuple(bytes, next + 1),
    };
  }

  #delete(bytes: Buffer): Delete {
    const mark = bytes.readUInt8(5);
    if (mark !== KEY) expect(bytes, 5, OLD);
    return {
      tag: 'delete',
      relation: this.#relation(bytes.readUInt32BE(1)),
      old: { kind: mark === KEY ? 'key' : 'full', tuple: new PgoutputTuple(bytes, 6) },
    };
  }

  #truncate(bytes: Buffer): Truncate {
    const count = bytes.readUInt32BE(1);
    const relations: Relation[] = [];
    for (let i = 0; i < count; i++) relations.push(this.#relation(bytes.readUInt32BE(6 + 4 * i)));
    return { tag: 'truncate', relations };
  }
}

function begin(bytes: Buffer): Begin {
  return {
    tag: 'begin',
    commitLsn: bytes.readBigUInt64BE(1) as Lsn,
    committedAtMicros: bytes.readBigInt64BE(9) + POSTGRES_EPOCH_MICROS,
    xid: bytes.readUInt32BE(17),
  };
}

function commit(bytes: Buffer): Commit {
  return {
    tag: 'commit',
    endLsn: bytes.readBigUInt64BE(10) as Lsn,
    committedAtMicros: bytes.readBigInt64BE(18) + POSTGRES_EPOCH_MICROS,
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

function expect(bytes: Buffer, offset: number, mark: number): void {
  const found = bytes.readUInt8(offset);
  if (found !== mark)
    throw new ProtocolError(`expected tuple mark ${mark} at byte ${offset}, found ${found}`);
}

/** Builds pgoutput messages as Postgres would. https://www.postgresql.org/docs/current/protocol-logicalrep-message-formats.html */

export function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

export function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
}

export function int64(value: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigInt64BE(value);
  return bytes;
}

/** UTF-8, zero-terminated unless said otherwise. */
export function text(value: string, terminated = true): Buffer {
  return Buffer.from(terminated ? `${value}\0` : value, 'utf8');
}

export function column(name: string, typeOid: number, typeModifier: number, isKey: boolean): Buffer {
  return Buffer.concat([Buffer.of(isKey ? 1 : 0), text(name), int32(typeOid), int32(typeModifier)]);
}

export function relationBytes(relation: {
  oid: number;
  schema: string;
  name: string;
  identity: 'd' | 'n' | 'f' | 'i';
  columns: readonly Buffer[];
}): Buffer {
  return Buffer.concat([
    text('R', false),
    int32(relation.oid),
    text(relation.schema),
    text(relation.name),
    text(relation.identity, false),
    int16(relation.columns.length),
    ...relation.columns,
  ]);
}

/** null is NULL, undefined a TOASTed value that did not travel. */
export function tupleBytes(values: readonly (string | null | undefined)[]): Buffer {
  const columns = values.map((value) => {
    if (value === null) return text('n', false);
    if (value === undefined) return text('u', false);
    const bytes = Buffer.from(value, 'utf8');
    return Buffer.concat([text('t', false), int32(bytes.length), bytes]);
  });
  return Buffer.concat([int16(values.length), ...columns]);
}

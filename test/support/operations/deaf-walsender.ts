import { startTcpProxy } from '../tcp-proxy.ts';

export type DeafWalsender = AsyncDisposable & {
  /** Of the same database. */
  readonly url: string;
  /** From now on no walsender is told what was confirmed; all else passes. */
  deafen(): void;
};

/** A parameter of the startup message. https://www.postgresql.org/docs/current/protocol-replication.html */
const REPLICATION = 'replication\0database\0';
/** CopyData, and in it a standby status update. */
const COPY_DATA = 'd'.charCodeAt(0);
const STANDBY_STATUS = 'r'.charCodeAt(0);

/** Stands between clients and the Postgres of a URL. */
export async function startDeafWalsender(url: string): Promise<DeafWalsender> {
  let deaf = false;
  const proxy = await startTcpProxy(url, {
    clientFilter: () => {
      let isWalsender = false;
      let rest: Buffer = Buffer.alloc(0);
      return (bytes) => {
        if (!isWalsender) {
          isWalsender = bytes.includes(REPLICATION);
          return bytes;
        }
        const read = messages(Buffer.concat([rest, bytes]));
        rest = read.rest;
        return Buffer.concat(read.whole.filter((message) => !(deaf && isStatus(message))));
      };
    },
  });
  const deafen = (): void => {
    deaf = true;
  };
  return { url: proxy.url, deafen, [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose]() };
}

/** https://www.postgresql.org/docs/current/protocol-overview.html#PROTOCOL-MESSAGE-CONCEPTS */
function messages(bytes: Buffer): { readonly whole: readonly Buffer[]; readonly rest: Buffer } {
  const whole: Buffer[] = [];
  let start = 0;
  while (bytes.length >= start + 5) {
    const end = start + 1 + bytes.readInt32BE(start + 1);
    if (bytes.length < end) break;
    whole.push(bytes.subarray(start, end));
    start = end;
  }
  return { whole, rest: bytes.subarray(start) };
}

function isStatus(message: Buffer): boolean {
  return message[0] === COPY_DATA && message[5] === STANDBY_STATUS;
}

import type { Socket } from 'node:net';
import type { Client, ClientConfig } from 'pg';
import { LogicalReplicationService } from 'pg-logical-replication';
import { ProtocolError } from '../errors.ts';
import { formatLsn, type Lsn } from '../lsn.ts';
import { CopyFrames } from './copy-frames.ts';

const POSTGRES_EPOCH_MS = 946_684_800_000;

const XLOG_DATA = 0x77; // w
const XLOG_DATA_HEADER_BYTES = 25;
const KEEPALIVE = 0x6b; // k
const KEEPALIVE_BYTES = 18;

type CopyConnection = {
  /** Has what comes from a stream parsed; called once for each connection, under TLS after the handshake. */
  attachListeners(stream: Socket): void;
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
};

/** What the walsender sends, as it comes; called synchronously, in wire order, while one socket read is being parsed. */
export type TransportEvents = {
  /** What the output plugin wrote is `bytes[start, end)`, until this returns. */
  onMessage(bytes: Buffer, start: number, end: number): void;
  onKeepalive(walEnd: Lsn, replyRequested: boolean): void;
  /** The socket read is parsed to its end: what it brought may be handed on. */
  onReadEnd(): void;
};

/** Where START_REPLICATION starts, and the options of the output plugin as it takes them. */
export type Start = { readonly startLsn: Lsn; readonly options: string };

/**
 * One walsender connection by pg-logical-replication, and the only file that knows it. Used as it offers itself the library
 * confirms what was only received, adds one to every confirmed position and starts again behind unconfirmed rows;
 * so it is given no timer, no flow control and no second subscription, and its `acknowledge` is never called.
 * https://github.com/kibae/pg-logical-replication/issues/174
 */
export class Transport extends LogicalReplicationService {
  readonly #events: TransportEvents;
  /** Settles when the stream has ended: resolved by `stop`, rejected by anything else. */
  #ended: Promise<unknown> = Promise.resolve();
  #socket: Socket | undefined;
  #isStarted = false;
  #isBroken = false;

  constructor(clientConfig: ClientConfig, events: TransportEvents) {
    super(clientConfig, { acknowledge: { auto: false, timeoutSeconds: 0 }, flowControl: { enabled: false } });
    this.#events = events;
    this.#onClient((client) => {
      // The library listens only once the connection stands; what the server says in the same read in which it accepts us, as
      // when it is going down, would end the process.
      client.on('error', () => undefined);
      this.#readFrames((client as unknown as { connection: CopyConnection }).connection);
    });
  }

  /** Before it connects. */
  #onClient(tell: (made: Client) => void): void {
    let client: Client | null = null;
    Object.defineProperty(this, '_client', {
      get: () => client,
      set: (made: Client | null) => {
        client = made;
        if (made !== null) tell(made);
      },
    });
  }

  /** Stands between the socket and pg's parser, which never sees a CopyData message: the library would print an LSN and emit an event for each. */
  #readFrames(connection: CopyConnection): void {
    const attachListeners = connection.attachListeners.bind(connection);
    connection.attachListeners = (stream) => {
      attachListeners(stream);
      const [parse, ...others] = stream.listeners('data') as ((bytes: Buffer) => void)[];
      if (parse === undefined || others.length > 0) throw new Error('pg reads its socket in an unknown way');
      stream.off('data', parse);
      const frames = new CopyFrames({
        onCopyData: (bytes, start, end) => this.#onCopyData(bytes, start, end),
        onOther: parse,
      });
      this.#socket = stream.on('data', (bytes: Buffer) => this.#onRead(frames, bytes));
    };
  }

  #onRead(frames: CopyFrames, bytes: Buffer): void {
    // A socket that is destroyed still hands out what it holds, in which nobody knows any more where a message begins.
    if (this.#isBroken) return;
    try {
      frames.read(bytes);
    } catch (error) {
      this.#isBroken = true;
      // A throw in a socket callback would end the process.
      this.#socket?.destroy(error as Error);
      return;
    }
    if (this.#isStarted) this.#events.onReadEnd();
  }

  /**
   * Connects, asks `prepare` on the replication connection where to start, and starts; resolves with its answer once the server has
   * answered START_REPLICATION. The socket is then paused.
   */
  async open<T extends Start>(slot: string, prepare: (client: Client) => Promise<T>): Promise<T> {
    let prepared: Promise<T> | undefined;
    const plugin = {
      name: 'pgoutput',
      options: {},
      parse: () => undefined,
      start: async (client: Client): Promise<unknown> => {
        prepared = prepare(client);
        const { startLsn, options } = await prepared;
        return client.query(`START_REPLICATION SLOT "${slot}" LOGICAL ${formatLsn(startLsn)} (${options})`);
      },
    };
    const started = new Promise<void>((resolve) => {
      this.on('start', () => {
        this.#isStarted = true;
        this.#socket?.pause();
        resolve();
      });
    });
    // The library reports a failed connection twice, by event and by rejection; the rejection is the one we use.
    this.on('error', () => undefined);
    this.#ended = this.subscribe(plugin as never, slot);
    await Promise.race([started, this.#ended]);
    if (prepared === undefined)
      throw new Error('the replication connection was closed while it was being opened');
    return prepared;
  }

  /** Rejects with the reason when the stream ends by itself; resolves after `stop`. */
  get ended(): Promise<unknown> {
    return this.#ended;
  }

  /** The process id of the walsender that serves us. */
  get walsenderPid(): number {
    const client = this['_client'] as unknown as { processID: number } | null;
    return client?.processID ?? 0;
  }

  /**
   * Tells the server that everything before `lsn` is written, exactly: the end LSN of a commit is already the byte behind it.
   * https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-STANDBY-STATUS-UPDATE
   */
  sendStatus(lsn: Lsn, requestReply: boolean): void {
    const status = Buffer.alloc(34);
    status[0] = 0x72; // r
    status.writeBigUInt64BE(lsn, 1);
    status.writeBigUInt64BE(lsn, 9);
    status.writeBigUInt64BE(lsn, 17);
    status.writeBigInt64BE(BigInt(Date.now() - POSTGRES_EPOCH_MS) * 1000n, 25);
    status[33] = requestReply ? 1 : 0;
    this.#connection?.sendCopyFromChunk(status);
  }

  pause(): void {
    this.#socket?.pause();
  }

  resume(): void {
    this.#socket?.resume();
  }

  /**
   * Ends the stream in order; `ended` resolves when the server has read everything up to here. The library's `stop` alone destroys the
   * socket, and with it status that the server has not read yet.
   * https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY
   */
  endCopy(): void {
    this.#connection?.endCopyFrom();
  }

  /** Ends the connection without a goodbye, for a peer that no longer answers. */
  cut(): void {
    this.#socket?.destroy();
  }

  /** https://www.postgresql.org/docs/current/protocol-replication.html#PROTOCOL-REPLICATION-XLOGDATA */
  #onCopyData(bytes: Buffer, start: number, end: number): void {
    if (bytes[start] === XLOG_DATA) this.#events.onMessage(bytes, start + XLOG_DATA_HEADER_BYTES, end);
    else if (bytes[start] === KEEPALIVE) this.#onKeepalive(bytes, start, end);
  }

  #onKeepalive(bytes: Buffer, start: number, end: number): void {
    // What lies behind a shorter one would become a position, which is confirmed once nothing is in flight.
    if (end - start < KEEPALIVE_BYTES) throw new ProtocolError(`a keepalive of ${end - start} bytes`);
    this.#events.onKeepalive(bytes.readBigUInt64BE(start + 1) as Lsn, bytes[start + 17] === 1);
  }

  get #connection(): CopyConnection | null {
    return this['_connection'] as CopyConnection | null;
  }
}

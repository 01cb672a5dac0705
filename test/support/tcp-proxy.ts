import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { type Conditions, TcpLane } from './tcp-lane.ts';

/** Sees what a client sends, before it passes; what it returns passes instead. One for each connection. */
export type ClientFilter = () => (bytes: Buffer) => Buffer;

export type TcpProxyOptions = {
  /** The client never learns that the server has closed a connection, as when its host is cut off from the network. */
  readonly hidesCloses?: boolean;
  readonly clientFilter?: ClientFilter;
};

export type TcpProxy = AsyncDisposable & {
  readonly port: number;
  /** The target's URL, by way of this proxy. */
  readonly url: string;
  /** From now on the network is like this. */
  become(conditions: Conditions): void;
  /** Everything passes again, and what was late at once. */
  mend(): void;
  /** Ends every connection with a reset. */
  cut(): void;
  /** From now on it leads to the server of this URL, as a name does after a failover; open connections are cut. */
  moveTo(target: string): void;
  /**
   * Resets the connection of the next request that holds this text: before anything of it passes, or once it has been answered, in
   * place of the answer. Resolves when that has happened.
   */
  resetNext(when: 'before' | 'after', text: string): Promise<void>;
};

type Reset = { readonly when: 'before' | 'after'; readonly text: string; readonly done: () => void };
type Connection = { readonly lanes: readonly TcpLane[]; reset(): void };

/** Stands between clients and the server of a URL. Disposing cuts all connections. */
export async function startTcpProxy(target: string, options: TcpProxyOptions = {}): Promise<TcpProxy> {
  const connections = new Set<Connection>();
  const resets: Reset[] = [];
  let conditions: Conditions = {};
  let address = new URL(target);
  const server = createServer({ allowHalfOpen: true }, (client) => {
    if (conditions.refuses) {
      client.on('error', () => undefined);
      reset(client);
      return;
    }
    const upstream = connect({
      port: Number(address.port || 5432),
      host: address.hostname,
      allowHalfOpen: true,
    });
    const onReset = { resets, conditions: () => conditions };
    const connection = join(client, upstream, options, onReset);
    connections.add(connection);
    client.on('close', () => connections.delete(connection));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const through = new URL(target);
  through.hostname = '127.0.0.1';
  through.port = String(port);
  const cut = (): void => {
    for (const connection of connections) connection.reset();
  };
  const become = (next: Conditions): void => {
    conditions = next;
    for (const { lanes } of connections) for (const lane of lanes) lane.move();
  };
  return {
    port,
    url: through.pathname === '/' ? through.origin : through.href,
    cut,
    moveTo: (next) => {
      address = new URL(next);
      cut();
    },
    become,
    mend: () => {
      conditions = {};
      for (const { lanes } of connections) for (const lane of lanes) lane.mend();
    },
    resetNext: (when, text) => new Promise((done) => resets.push({ when, text, done })),
    [Symbol.asyncDispose]: async () => {
      cut();
      server.close();
      await once(server, 'close');
    },
  };
}

type Shared = { readonly resets: Reset[]; readonly conditions: () => Conditions };

function join(client: Socket, upstream: Socket, options: TcpProxyOptions, shared: Shared): Connection {
  const filter = options.clientFilter?.() ?? ((bytes: Buffer) => bytes);
  const toServer = new TcpLane(client, upstream, shared.conditions, () => upstream.end());
  const toClient = new TcpLane(upstream, client, shared.conditions, () => {
    if (!options.hidesCloses) client.end();
  });
  const resetBoth = (): void => {
    for (const lane of [toServer, toClient]) lane.drop();
    for (const socket of [client, upstream]) reset(socket);
  };
  let resetInPlaceOfAnswer: (() => void) | undefined;
  client.on('data', (bytes) => {
    const at = shared.resets.findIndex(({ text }) => bytes.includes(text));
    const [due] = at === -1 ? [] : shared.resets.splice(at, 1);
    if (due?.when === 'before') {
      resetBoth();
      due.done();
      return;
    }
    resetInPlaceOfAnswer = due?.done ?? resetInPlaceOfAnswer;
    const passed = filter(bytes);
    if (passed.length > 0) toServer.add(passed);
  });
  upstream.on('data', (bytes) => {
    if (resetInPlaceOfAnswer === undefined) {
      toClient.add(bytes);
      return;
    }
    resetBoth();
    resetInPlaceOfAnswer();
  });
  // Without an answer there is nothing more to take the place of.
  for (const socket of [client, upstream]) socket.on('close', () => resetInPlaceOfAnswer?.());
  follow(client, toServer, () => reset(upstream), shared.conditions);
  follow(upstream, toClient, () => options.hidesCloses || reset(client), shared.conditions);
  return { lanes: [toServer, toClient], reset: resetBoth };
}

/** Hands on how a side ends: in order behind what it has sent, or at once when it failed. While the line is frozen nobody learns of it. */
function follow(socket: Socket, lane: TcpLane, onFailure: () => void, conditions: () => Conditions): void {
  let hasFailed = false;
  socket.on('error', () => {
    hasFailed = true;
  });
  socket.on('end', () => lane.end());
  socket.on('close', () => {
    if (hasFailed && !conditions().isFrozen) onFailure();
    else lane.end();
  });
}

/**
 * One that is being shut down must not be reset: libuv refuses, and Node would wait for its handle for ever when it ends.
 * https://docs.libuv.org/en/v1.x/tcp.html#c.uv_tcp_close_reset
 */
function reset(socket: Socket): void {
  if (socket.writableEnded) socket.destroy();
  else socket.resetAndDestroy();
}

import { startTcpProxy } from './tcp-proxy.ts';

/** One address that leads to one server after another, as a name does in a failover. */
export type MovingAddress = AsyncDisposable & {
  readonly port: number;
  /** New connections lead to this port of 127.0.0.1; those that are open are cut. */
  moveTo(port: number): void;
};

export async function startMovingAddress(targetPort: number): Promise<MovingAddress> {
  const local = (port: number): string => `tcp://127.0.0.1:${port}`;
  const proxy = await startTcpProxy(local(targetPort));
  return {
    port: proxy.port,
    moveTo: (port) => proxy.moveTo(local(port)),
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

/** The same URL with another port. */
export function withPort(url: string, port: number): string {
  const address = new URL(url);
  address.port = String(port);
  return address.href;
}

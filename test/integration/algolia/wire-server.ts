import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { gunzipSync } from 'node:zlib';

export type WireRequest = {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  /** As it came, unpacked if it was packed. */
  readonly body: Buffer;
  readonly socket: Socket;
};

export type WireAnswer = (response: ServerResponse, request: WireRequest) => void;

/** Answers with JSON as Algolia does. */
export const json =
  (status: number, body: unknown, headers: Record<string, string> = {}): WireAnswer =>
  (response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(body));
  };

export const accepted = (taskID: number): WireAnswer => json(200, { taskID, objectIDs: [] });

/**
 * A server on loopback that answers the n-th request with the n-th answer, the last one from then on, and keeps every request
 * that it received in full.
 */
export async function startWireServer(...answers: readonly WireAnswer[]) {
  const requests: WireRequest[] = [];
  const sockets = new Set<Socket>();
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = [];
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
    incoming.on('end', () => {
      const bytes = Buffer.concat(chunks);
      const request: WireRequest = {
        method: incoming.method ?? '',
        path: new URL(incoming.url ?? '', 'http://wire').pathname,
        headers: incoming.headers,
        body: incoming.headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes,
        socket: incoming.socket,
      };
      requests.push(request);
      answers[Math.min(requests.length, answers.length) - 1]?.(response, request);
    });
  });
  server.keepAliveTimeout = 0;
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    sockets,
    async [Symbol.asyncDispose]() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A URL of this machine where nobody listens. */
export async function closedUrl(): Promise<string> {
  const { url, [Symbol.asyncDispose]: close } = await startWireServer();
  await close();
  return url;
}

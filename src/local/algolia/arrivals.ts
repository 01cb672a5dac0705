import type { Socket } from 'node:net';
import type { FastifyRequest } from 'fastify';

/**
 * Where a request came from. Requests and connections are counted from 1 in the order in which they began, so that a request which was
 * sent early and read late can be told from one that was sent late. The port tells a proxy's connections, or a process's, apart.
 */
export type Arrival = {
  readonly request: number;
  readonly connection: number;
  readonly remotePort: number | undefined;
};

export class Arrivals {
  #requests = 0;
  #connections = 0;
  readonly #ofSocket = new WeakMap<Socket, number>();
  readonly #ofRequest = new WeakMap<FastifyRequest, Arrival>();

  /** To be called as soon as the request's head is there. */
  note(request: FastifyRequest): void {
    const { socket } = request.raw;
    const connection = this.#ofSocket.get(socket) ?? this.#connections + 1;
    if (connection > this.#connections) {
      this.#connections = connection;
      this.#ofSocket.set(socket, connection);
    }
    this.#requests += 1;
    this.#ofRequest.set(request, {
      request: this.#requests,
      connection,
      remotePort: socket.remotePort,
    });
  }

  of(request: FastifyRequest): Arrival | undefined {
    return this.#ofRequest.get(request);
  }
}

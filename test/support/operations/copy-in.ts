import type { Connection, Submittable } from 'pg';

/** What `pg` has for COPY and leaves out of its types. */
type CopyConnection = Connection & {
  sendCopyFromChunk(chunk: Buffer): void;
  endCopyFrom(): void;
};

type Told = { readonly resolve: () => void; readonly reject: (error: Error) => void };

/** `COPY … FROM STDIN` as `pg` takes queries of one's own. https://www.postgresql.org/docs/current/protocol-flow.html#PROTOCOL-COPY */
export class CopyIn implements Submittable {
  readonly #sql: string;
  readonly #rows: string;
  readonly #told: Told;

  constructor(sql: string, rows: string, told: Told) {
    this.#sql = sql;
    this.#rows = rows;
    this.#told = told;
  }

  submit(connection: Connection): void {
    connection.query(this.#sql);
  }

  handleCopyInResponse(connection: CopyConnection): void {
    connection.sendCopyFromChunk(Buffer.from(this.#rows));
    connection.endCopyFrom();
  }

  handleError(error: Error): void {
    this.#told.reject(error);
  }

  handleReadyForQuery(): void {
    this.#told.resolve();
  }

  handleCommandComplete(): void {}
}

import type { Config } from '../config/schema.ts';
import { ErasedActorTable } from '../database/own-tables/erased-actor-table.ts';
import { RetentionFloorTable } from '../database/own-tables/retention-floor-table.ts';
import { ErasedActors } from '../records/erased-actors.ts';
import { Floors } from '../records/floors.ts';

/** Who is erased and what is too old, as the database has it by now. */
export class ExclusionLists {
  readonly erased = new ErasedActors();
  readonly floors = new Floors();
  /** Records of somebody may still be there: the index is being swept for them. */
  isErasing = false;
  readonly #erasedTable: ErasedActorTable;
  readonly #floorTable: RetentionFloorTable | undefined;

  constructor(url: string, slot: string, tables: Config['tables']) {
    this.#erasedTable = new ErasedActorTable({ url, slot });
    const expires = Object.values(tables).some(({ expiry }) => expiry !== undefined);
    this.#floorTable = expires ? new RetentionFloorTable({ url, slot }) : undefined;
  }

  /** Rejects with a Wal2AlgoliaError. */
  async read(): Promise<void> {
    const actors = await this.#erasedTable.read();
    this.erased.replace(actors.flatMap(({ digests }) => digests));
    this.isErasing = actors.some(({ isUnfinished }) => isUnfinished);
    // Nobody is asked to raise any.
    const floors = await this.#floorTable?.raise(
      () => new Map(),
      async () => undefined,
    );
    for (const [table, ms] of floors ?? []) this.floors.set(table, ms);
  }

  close(): Promise<void> {
    return this.#erasedTable.close();
  }
}

import { DerivedData } from './derived-data.ts';
import { matchingSlots } from './matching.ts';
import { RecordStore } from './record-store.ts';
import { mergedRecord } from './record-text.ts';
import { filterParameters } from './search-parameters.ts';
import { type IndexSettings, mergedSettings, readSettings, type StoredSettings } from './settings.ts';
import type { WriteOperation } from './write-operation.ts';

/** One index: records, settings and what queries derived from both. */
export class SearchIndex {
  readonly createdAtMs: number;
  updatedAtMs: number;
  readonly store = new RecordStore();
  #stored: StoredSettings = {};
  #settings = readSettings({});
  #derived: DerivedData | undefined;

  constructor(createdAtMs: number) {
    this.createdAtMs = createdAtMs;
    this.updatedAtMs = createdAtMs;
  }

  get storedSettings(): StoredSettings {
    return this.#stored;
  }

  get settings(): IndexSettings {
    return this.#settings;
  }

  get derived(): DerivedData {
    this.#derived ??= new DerivedData(this.store, this.#settings.searchable);
    return this.#derived;
  }

  /** A copy of the record's JSON text. */
  record(objectID: string): Buffer | undefined {
    const slot = this.store.slotOf(objectID);
    return slot === undefined ? undefined : Buffer.from(this.store.record(slot));
  }

  apply(operation: Exclude<WriteOperation, { kind: 'drop' }>): void {
    switch (operation.kind) {
      case 'set':
        this.store.set(operation.objectID, operation.record);
        break;
      case 'merge':
        this.#merge(operation.objectID, operation.record, operation.create);
        break;
      case 'delete':
        this.store.delete(operation.objectID);
        break;
      case 'deleteBy':
        this.#deleteBy(operation.parameters);
        break;
      case 'clear':
        this.store.clear();
        this.#derived = undefined;
        break;
      case 'settings':
        this.#stored = mergedSettings(this.#stored, operation.settings);
        this.#settings = readSettings(this.#stored);
        this.#derived = undefined;
        break;
    }
    if (this.store.sweep()) this.#derived = undefined;
  }

  #merge(objectID: string, change: Buffer, create: boolean): void {
    const current = this.record(objectID);
    if (current !== undefined) this.store.set(objectID, mergedRecord(current, change));
    else if (create) this.store.set(objectID, change);
  }

  #deleteBy(parameters: Readonly<Record<string, unknown>>): void {
    const objectIDs: string[] = [];
    matchingSlots(this, filterParameters(parameters), (slot) => {
      const objectID = this.store.objectID(slot);
      if (objectID !== undefined) objectIDs.push(objectID);
    });
    for (const objectID of objectIDs) this.store.delete(objectID);
  }
}

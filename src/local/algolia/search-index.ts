import { DerivedData } from './derived-data.ts';
import { matchingSlots } from './matching.ts';
import { RecordStore } from './record-store.ts';
import { mergedRecord } from './record-text.ts';
import { filterParameters } from './search-parameters.ts';
import { type IndexSettings, mergedSettings, readSettings, type StoredSettings } from './settings.ts';
import type { CopyScope, WriteOperation } from './write-operation.ts';

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

  /** Becomes a copy of another index as far as the scope goes. */
  takeOver(other: SearchIndex, scope: CopyScope): void {
    if (scope === 'nothing') return;
    this.#stored = other.storedSettings;
    this.#settings = other.settings;
    this.#derived = undefined;
    if (scope === 'settings') return;
    this.store.clear();
    for (let slot = 0; slot < other.store.slots; slot += 1) {
      const objectID = other.store.objectID(slot);
      if (objectID !== undefined) this.store.set(objectID, other.store.record(slot));
    }
  }

  apply(operation: Exclude<WriteOperation, { kind: 'drop' | 'copy' | 'move' }>): void {
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
    if (current === undefined && !create) return;
    const record = mergedRecord(current, change);
    if (record !== undefined) this.store.set(objectID, record);
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

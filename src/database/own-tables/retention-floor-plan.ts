import { nameOf, type OwnTable } from './own-table-plan.ts';

/** From when on rows of a table have records in the index of a slot. A floor only rises, unless somebody lowers it here. */
export const RETENTION_FLOORS: OwnTable = {
  name: 'retention_floor',
  columns: [
    ['slot_name', 'text NOT NULL'],
    ['table_name', 'text NOT NULL'],
    ['floor', 'timestamptz NOT NULL'],
    ['set_at', 'timestamptz NOT NULL DEFAULT now()'],
  ],
  indexes: { retention_floor_key: '(slot_name, table_name)' },
  rights: ['SELECT', 'INSERT', 'UPDATE'],
};

export const RETENTION_FLOOR_TABLE = nameOf(RETENTION_FLOORS);

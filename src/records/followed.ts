import type { TableConfig } from '../config/schema.ts';
import type { RecordEncoder } from './record-encoder.ts';

export type ChangeEncoder = Pick<RecordEncoder, 'insert' | 'update' | 'delete'>;

/** Nothing comes of a change. */
export const IGNORING: ChangeEncoder = {
  insert: () => undefined,
  update: () => undefined,
  delete: () => undefined,
};

/** Whether a table's changes of a kind are followed, where they are published. */
export function follows(
  { operations }: Pick<TableConfig, 'operations'>,
  operation: NonNullable<TableConfig['operations']>[number],
): boolean {
  return operations?.includes(operation) ?? true;
}

/** The encoder itself where all is followed, so that a table without a choice pays nothing for that of others. */
export function followedOnly(encoder: RecordEncoder, table: TableConfig): ChangeEncoder {
  const kinds = (['insert', 'update', 'delete'] as const).filter((kind) => !follows(table, kind));
  if (kinds.length === 0) return encoder;
  return {
    insert: follows(table, 'insert') ? (...change) => encoder.insert(...change) : IGNORING.insert,
    update: follows(table, 'update') ? (...change) => encoder.update(...change) : IGNORING.update,
    delete: follows(table, 'delete') ? (...change) => encoder.delete(...change) : IGNORING.delete,
  };
}

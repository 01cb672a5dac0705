import { PreconditionError } from '../errors.ts';
import type { Mapping } from './attributes.ts';

/** A change says of its row no more than what the replica identity holds. https://www.postgresql.org/docs/current/logical-replication-publication.html#LOGICAL-REPLICATION-PUBLICATION-REPLICA-IDENTITY */
export function unknownOldKey(
  { qualifiedName, table }: Pick<Mapping, 'qualifiedName' | 'table'>,
  action: string,
  place: string,
): PreconditionError {
  const columns = table.objectID.map((name) => `"${name}"`).join(', ');
  return new PreconditionError(
    `${qualifiedName}: ${action} ${place}, but the replica identity does not ` +
      `hold the objectID (${columns}), so the record it concerns is not known`,
    {
      remedy:
        `ALTER TABLE ${qualifiedName} REPLICA IDENTITY USING INDEX a unique one that holds ${columns}, or FULL; ` +
        `or publish inserts only`,
    },
  );
}

import { columnOf } from '../config/columns.ts';
import { columnIndex, type Mapping } from './attributes.ts';
import type { ErasedActors } from './erased-actors.ts';
import type { RowImage } from './row-image.ts';

export type ExclusionReason = 'erased';

/** What must have no record, whatever brings its row. */
export type Exclusions = {
  /** The attribute that says whose a record is. */
  readonly actorAttribute: string;
  readonly erased: ErasedActors;
  /** Told of every row that is kept out. */
  readonly onExcluded?: ((reason: ExclusionReason) => void) | undefined;
};

/** The same, for the rows of one relation. */
export type RowExclusion = {
  /** Of a row that came whole. */
  excludes(image: RowImage): boolean;
};

/** Undefined where no row of the relation can be concerned, so that it costs nothing there. */
export function compileExclusion(
  { relation, table }: Mapping,
  exclusions: Exclusions | undefined,
): RowExclusion | undefined {
  if (exclusions === undefined) return undefined;
  const { erased, actorAttribute, onExcluded } = exclusions;
  const column = columnIndex(relation, columnOf(table, actorAttribute) ?? '');
  if (column === -1) return undefined;
  return {
    excludes: ({ bytes, spans }) => {
      if (erased.isEmpty) return false;
      const start = spans[2 * column] as number;
      if (start < 0 || !erased.has(bytes.toString('utf8', start, spans[2 * column + 1]))) return false;
      onExcluded?.('erased');
      return true;
    },
  };
}

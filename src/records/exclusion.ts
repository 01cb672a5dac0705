import { columnOf } from '../config/columns.ts';
import { columnIndex, type Mapping } from './attributes.ts';
import type { ErasedActors } from './erased-actors.ts';
import { compileExpiry } from './expiry.ts';
import { Floors } from './floors.ts';
import type { RowImage } from './row-image.ts';

export type ExclusionReason = 'erased' | 'expired';

/** What must have no record, whatever brings its row. */
export type Exclusions = {
  /** The attribute that says whose a record is. */
  readonly actorAttribute: string;
  readonly erased: ErasedActors;
  /** Of tables that do not keep all; default: none stands yet. */
  readonly floors?: Floors | undefined;
  /** Told of every row that is kept out. */
  readonly onExcluded?: ((reason: ExclusionReason) => void) | undefined;
};

/** The same, for the rows of one relation. */
export type RowExclusion = {
  /** Why a row that came whole must have no record; undefined where it may have one. */
  reason(image: RowImage): ExclusionReason | undefined;
};

type Concerns = (image: RowImage) => boolean;

/**
 * Undefined where no row of the relation can be concerned, so that it costs nothing there. Throws a ConfigError where the relation has no
 * column by which its table's retention could be followed, also without exclusions.
 */
export function compileExclusion(
  mapping: Mapping,
  exclusions: Exclusions | undefined,
): RowExclusion | undefined {
  const { table, qualifiedName } = mapping;
  const floor = (exclusions?.floors ?? new Floors()).of(qualifiedName);
  const isExpired = table.expiry && compileExpiry(mapping, table.expiry, floor);
  if (exclusions === undefined) return undefined;
  const isErased = compileErasure(mapping, exclusions);
  if (isErased === undefined && isExpired === undefined) return undefined;
  const { onExcluded } = exclusions;
  return {
    reason: (image) => {
      const reason = isErased?.(image) ? 'erased' : isExpired?.(image) ? 'expired' : undefined;
      if (reason !== undefined) onExcluded?.(reason);
      return reason;
    },
  };
}

function compileErasure(
  { relation, table }: Mapping,
  { erased, actorAttribute }: Exclusions,
): Concerns | undefined {
  const column = columnIndex(relation, columnOf(table, actorAttribute) ?? '');
  if (column === -1) return undefined;
  return ({ bytes, spans }) => {
    if (erased.isEmpty) return false;
    const start = spans[2 * column] as number;
    return start >= 0 && erased.has(bytes.toString('utf8', start, spans[2 * column + 1]));
  };
}

import type { TableRetention } from '../config/table-retention.ts';
import { ConfigError } from '../errors.ts';
import type { Mapping } from './attributes.ts';
import { hasMillis } from './column-type.ts';
import type { Floor } from './floors.ts';
import type { RowImage } from './row-image.ts';
import { RowTime } from './row-time.ts';

/**
 * Whether a row is older than what is kept. One without a time, or with an infinite one, is not: its record has none by which it could be
 * found. Throws a ConfigError for a column that is no timestamp.
 */
export function compileExpiry(
  mapping: Mapping,
  { time: { column, timeZone, attribute } }: TableRetention,
  floor: Floor,
): (image: RowImage) => boolean {
  const time = new RowTime(mapping, column, timeZone, 'tells how old a row is');
  const { typeOid: oid = 0, typeModifier: modifier = -1 } = mapping.relation.columns[time.column] ?? {};
  if (!hasMillis({ oid, modifier }, mapping.types)) {
    throw new ConfigError(
      `${mapping.qualifiedName}: the column "${column}", which tells how old a row is, holds no timestamps, so records have no "${attribute}_ms"`,
      {
        remedy: `name a column of timestamps by tables["${mapping.qualifiedName}"].time, or leave out \`retention\``,
      },
    );
  }
  return (image) => {
    const micros = time.micros(image);
    return micros !== undefined && micros < floor.ms * 1_000 && micros !== Number.NEGATIVE_INFINITY;
  };
}

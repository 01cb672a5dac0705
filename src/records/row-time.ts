import { ConfigError } from '../errors.ts';
import { columnIndex, type Mapping, timeZone } from './attributes.ts';
import { underlyingType } from './column-type.ts';
import type { RowImage } from './row-image.ts';
import type { TimeZone } from './time-zone.ts';
import { infinityAt, TimestampParts } from './timestamp-parts.ts';

/** https://github.com/postgres/postgres/blob/REL_18_STABLE/src/include/catalog/pg_type.dat */
const DATE = 1082;
const TIMESTAMP = 1114;
const TIMESTAMPTZ = 1184;

/** When a row says that it happened. */
export class RowTime {
  /** Position in the relation. */
  readonly column: number;
  readonly #oid: number;
  readonly #timeZone: TimeZone | undefined;
  readonly #parts = new TimestampParts();

  /** `zone` is that of a `timestamp` without one, by its name; `purpose`, what the column does. Throws a ConfigError for a column that is not there, or holds no time. */
  constructor(
    mapping: Mapping,
    name: string,
    zone: string | undefined,
    purpose = 'says by which key pseudonyms are made',
  ) {
    const { relation, qualifiedName, types } = mapping;
    this.column = columnIndex(relation, name);
    const { typeOid: oid = 0, typeModifier: modifier = -1 } = relation.columns[this.column] ?? {};
    this.#oid = oid === 0 ? 0 : underlyingType({ oid, modifier }, types).oid;
    if (![DATE, TIMESTAMP, TIMESTAMPTZ].includes(this.#oid)) {
      const what = this.column === -1 ? 'is not published' : 'holds neither timestamps nor dates';
      throw new ConfigError(`${qualifiedName}: the column "${name}", which ${purpose}, ${what}`, {
        remedy: `name the column of a row's own time by tables["${qualifiedName}"].time, and publish it`,
      });
    }
    this.#timeZone =
      this.#oid === TIMESTAMP ? timeZone(zone, `${qualifiedName}: column "${name}"`) : undefined;
  }

  /** Microseconds since 1970; infinite where the time is, undefined for NULL. Of instants centuries away the last digits are lost. */
  micros({ bytes, spans }: RowImage): number | undefined {
    const start = spans[2 * this.column] as number;
    if (start < 0) return undefined;
    const end = spans[2 * this.column + 1] as number;
    const infinity = infinityAt(bytes, start);
    if (infinity !== 0) return infinity * Number.POSITIVE_INFINITY;
    if (this.#oid === DATE) return this.#midnight(bytes.toString('latin1', start, end));
    this.#parts.read(bytes, start, end, this.#oid === TIMESTAMPTZ);
    if (this.#timeZone !== undefined) this.#parts.shift(this.#timeZone);
    return this.#parts.micros(bytes);
  }

  #midnight(date: string): number {
    const text = Buffer.from(date.replace(/( BC)?$/, ' 00:00:00$1'));
    this.#parts.read(text, 0, text.length, false);
    return this.#parts.micros(text);
  }
}

import type { TypeCatalog } from '../../../src/database/type-catalog.ts';
import { type Conversion, valueEncoder } from '../../../src/records/column-type.ts';
import { Slab } from '../../../src/records/slab.ts';
import { TimeZone } from '../../../src/records/time-zone.ts';

type Options = Partial<Omit<Conversion, 'timeZone'>> & {
  readonly timeZone?: string;
  readonly modifier?: number;
  readonly types?: TypeCatalog;
};

/** The JSON text that a value of a type becomes, given Postgres's text of it. */
export function valueJson(oid: number, text: string, options: Options = {}): string {
  const {
    modifier = -1,
    types = new Map(),
    timeZone,
    as,
    millisKey,
    subject = 'public.t: attribute "a"',
  } = options;
  const encoder = valueEncoder({ oid, modifier }, types, {
    as,
    millisKey,
    subject,
    timeZone: timeZone === undefined ? undefined : new TimeZone(timeZone),
  });
  const slab = new Slab(64);
  const source = Buffer.from(`'${text}'`);
  slab.begin();
  encoder.write(slab, source, 1, source.length - 1);
  return slab.bytes.toString('utf8', slab.recordStart, slab.position);
}

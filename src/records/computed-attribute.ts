import type { Mapping } from './attributes.ts';
import type { RowImage } from './row-image.ts';
import type { Constant, Slab } from './slab.ts';

/** Writes one JSON value, made of whatever the row holds. */
export type RowWriter = (slab: Slab, image: RowImage) => void;

/** A column that a value is made of. The value is not computed, and the record too large, where its text is larger than this. */
export type Input = { readonly column: number; readonly textBytesMax: number };

/** An attribute that is made of a whole row, where others are of one column. */
export type ComputedAttribute = {
  readonly name: string;
  /** `,"<name>":` */
  readonly key: Constant;
  readonly inputs: readonly Input[];
  /** Whether these are no attributes by themselves, so that a message about large ones names them by this one. */
  readonly areDocuments: boolean;
  readonly write: RowWriter;
  /** Outside of what table and index are compared by. */
  readonly isAnnotation?: true;
};

export type ComputedOptions = Mapping & {
  /** Limit of a record as it is encoded. */
  readonly recordBytesMax: number;
  /** And as it is sent, where a function makes another one of it. */
  readonly sentBytesMax?: number | undefined;
};

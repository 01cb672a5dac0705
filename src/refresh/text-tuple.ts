import type { RowText } from '../database/rows/key-query.ts';
import { COLUMN_NULL, type Tuple } from '../replication/messages.ts';

/** A row that was read, in the form in which changes come. */
export function textTuple(row: RowText): Tuple {
  const texts = row.join('');
  const bytes = Buffer.from(texts);
  // Most rows have none but ASCII characters, of a byte each; any other takes more bytes than a string counts for it.
  const isAscii = bytes.length === texts.length;
  return {
    bytes,
    columnCount: row.length,
    locate: (into) => {
      let offset = 0;
      for (const [column, text] of row.entries()) {
        into[2 * column] = text === null ? COLUMN_NULL : offset;
        if (text !== null) offset += isAscii ? text.length : Buffer.byteLength(text);
        into[2 * column + 1] = offset;
      }
    },
  };
}

const WORDS = {
  c: 'INSERT CREATE INSERTED CREATED I C',
  u: 'UPDATE UPDATED U',
  d: 'DELETE DELETED TRUNCATE D T',
};

/** What stands in `op` for the words that logs have for it, as they are written most. */
export const OPERATION_VALUES: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(WORDS).flatMap(([op, words]) =>
    words.split(' ').flatMap((word) => [
      [word, op],
      [word.toLowerCase(), op],
    ]),
  ),
);

/** Where our own tables are. What happens there is never followed, also where a publication holds all tables. */
export const OWN_SCHEMA = 'wal2algolia';

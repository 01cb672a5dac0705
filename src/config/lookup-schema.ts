import { z } from 'zod';
import { columnText, integer, object, text } from './schema-parts.ts';

/** Where the names are that stand for ids in records. */
export const lookup = z.strictObject(
  {
    table: text('the name of a table as "schema.table"').meta({
      description: 'The reference table, or a view, as `schema.table`. It need not be published.',
    }),
    key: text(columnText).default('id').meta({ description: 'Its column that holds the ids.' }),
    value: text(columnText).meta({ description: 'Its column that holds the names.' }),
    follow: z.boolean({ error: 'true or false' }).default(false).meta({
      description:
        'Whether `setup` publishes the table, so that `run` sees renames in the stream and reads those names anew. Otherwise `cacheSeconds` says how old a name may be.',
    }),
    cacheRowsMax: integer(100, 10_000_000, 'rows')
      .default(100_000)
      .meta({ description: 'So many names are remembered at most, and 32 MiB of them.' }),
    cacheSeconds: integer(0, 86_400, 'seconds')
      .default(300)
      .meta({ description: 'How long a name is remembered; 0 reads the names of every batch.' }),
  },
  object,
);

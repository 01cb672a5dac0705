import { z } from 'zod';
import { integer, object } from './schema-parts.ts';

/** Which rows of a table have records, by their age or by their number. */
export const retention = z
  .strictObject(
    {
      days: integer(1, 18_250, 'days').optional().meta({
        description: 'Rows older than so many days have no record. Postgres keeps them.',
      }),
      recordsMax: integer(100, 1_000_000, 'records').optional().meta({
        description:
          'In place of `days`: beyond so many records the oldest go, until 99 in a hundred of that number are left. For an index of one table alone.',
      }),
      sweepPerSecond: integer(1, 10_000, 'records')
        .default(50)
        .meta({ description: 'How many old records are removed in a second at most.' }),
    },
    object,
  )
  .superRefine(({ days, recordsMax }, context) => {
    if ((days === undefined) === (recordsMax === undefined))
      context.addIssue({ code: 'custom', message: 'one of `days` and `recordsMax`' });
  });

export type RetentionConfig = z.output<typeof retention>;

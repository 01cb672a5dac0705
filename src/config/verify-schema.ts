import { z } from 'zod';
import { integer, object } from './schema-parts.ts';

/** What `run` compares by itself, and how often. */
export const scheduledVerify = z
  .strictObject(
    {
      everyHours: integer(1, 8_760, 'hours').optional().meta({
        description:
          'How often `run` compares each table with its index by itself, as `verify` does; the last result is in /status. The key of `run` needs browse for it. Left out: never.',
      }),
      windowDays: integer(1, 18_250, 'days').optional().meta({
        description:
          'Only rows of so many last days are compared then, by the time of the row. Left out: all.',
      }),
      repair: z
        .boolean({ error: 'true or false' })
        .default(false)
        .meta({ description: 'Whether what differs then is read again and written.' }),
    },
    object,
  )
  .superRefine(({ everyHours, windowDays, repair }, context) => {
    if (everyHours === undefined && (windowDays !== undefined || repair))
      context.addIssue({ code: 'custom', message: '`everyHours` beside `windowDays` or `repair`' });
  });

import { z } from 'zod';
import { pathPattern } from './path-pattern.ts';
import { pseudonymKindName } from './pseudonym-schema.ts';
import { attributeNameProblem } from './rules.ts';
import { columnText, integer, list, rule, text } from './schema-parts.ts';

const PATTERNS_MAX = 200;

/** Paths with the kind of what stands there; come out as a list, in the order in which they are given. */
const pseudonyms = z
  .record(z.string(), pseudonymKindName, { error: 'an object of paths with a kind for each' })
  .refine((kinds) => Object.keys(kinds).length <= PATTERNS_MAX, { error: `at most ${PATTERNS_MAX} paths` })
  .transform((kinds, context) =>
    Object.entries(kinds).map(([path, kind]) => {
      const { data: steps, error } = pathPattern.safeParse(path);
      for (const { message } of error?.issues ?? [])
        context.addIssue({ code: 'custom', path: [path], message: `as a path: ${message}` });
      return { steps: steps ?? [], kind };
    }),
  )
  .default([]);

/** What differs between two documents. */
export const changes = z.strictObject(
  {
    before: text(columnText),
    after: text(columnText),
    fields: text('the name of an attribute').superRefine(rule(attributeNameProblem)).optional(),
    hide: z
      .array(pathPattern, list)
      .max(PATTERNS_MAX, { error: `at most ${PATTERNS_MAX} paths` })
      .default([]),
    pseudonyms,
    changesMax: integer(1, 1_000, '').default(50),
    valueBytesMax: integer(10, 100_000, 'bytes').default(300),
  },
  { error: 'an object with the columns `before` and `after`' },
);

/** What was done to a row, as far as its two documents tell. */
export const op = z.strictObject(
  { before: text(columnText), after: text(columnText) },
  { error: 'an object with the columns `before` and `after`' },
);

/** By the text of a value, what stands in its place. */
export const values = z
  .record(z.string(), z.string({ error: 'a text' }), { error: 'an object of texts' })
  .refine((table) => Object.keys(table).length > 0, { error: 'at least one text' });

export const otherwise = z.union([z.string(), z.null()], { error: 'a text or null' });

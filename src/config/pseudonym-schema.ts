import { z } from 'zod';
import { instantMicros, instantText } from './instant.ts';
import { columnText, list, object, text } from './schema-parts.ts';
import { Secret } from './secret.ts';

const KIND_LENGTH_MAX = 40;
const kindName = `a kind of at most ${KIND_LENGTH_MAX} of a-z, 0-9 and _ between them`;
const kindText = `${kindName}, or {"column": the one that says it}`;

function constantKind(error: string) {
  return text(error)
    .max(KIND_LENGTH_MAX, { error })
    .regex(/^[a-z][a-z0-9]*(_[a-z0-9]+)*$/, { error });
}

/** The same in every row. */
export const pseudonymKindName = constantKind(kindName);

/** What of: two texts that are the same get the same id only if they are of one kind. */
export const pseudonymKind = z.union(
  [constantKind(kindText), z.strictObject({ column: text(columnText) }, { error: kindText })],
  { error: kindText },
);

const SOURCES = ['file', 'variable', 'secret'] as const;
const sourceText = 'one of `file`, `variable` and `secret`';

const key = z
  .strictObject(
    {
      id: text('a name for the key').regex(/^[A-Za-z0-9._-]{1,40}$/, {
        error: 'at most 40 letters, digits, and . _ -',
      }),
      from: z
        .string({ error: instantText })
        .transform((value, context) => {
          const micros = instantMicros(value);
          if (micros !== undefined && Number.isSafeInteger(Number(micros))) return Number(micros);
          context.addIssue({ code: 'custom', message: instantText });
          return z.NEVER;
        })
        .optional(),
      file: text('the path of a file').optional(),
      variable: text('the name of a variable of the environment')
        .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, { error: 'the name of a variable of the environment' })
        .optional(),
      secret: text('the key')
        .transform((value) => new Secret(value))
        .optional(),
    },
    object,
  )
  .superRefine((value, context) => {
    const given = SOURCES.filter((source) => value[source] !== undefined);
    if (given.length !== 1) context.addIssue({ code: 'custom', message: sourceText });
  });

/** Where a key comes from, and since when it holds: microseconds since 1970, and for all time before the next one when left out. */
export type PseudonymKeySource = z.output<typeof key>;

export const pseudonyms = z.strictObject(
  {
    keys: z.array(key, list).min(1, { error: 'at least one key' }).superRefine(ascending).optional().meta({
      description:
        'Keys of the pseudonyms, the oldest first: `{id, from, file}`, or in place of `file` a `variable` of the environment. A row\'s own time (`tables."schema.table".time`) says which is used; the first one also serves what is older. Left out: `WAL2ALGOLIA_PSEUDONYM_KEY` for all time.',
    }),
  },
  object,
);

function ascending(
  keys: readonly PseudonymKeySource[],
  context: z.core.$RefinementCtx<readonly unknown[]>,
): void {
  for (const [position, { id, from }] of keys.entries()) {
    const refuse = (name: string, message: string): void =>
      context.addIssue({ code: 'custom', path: [position, name], message });
    if (keys.findIndex((other) => other.id === id) < position) refuse('id', 'each id once');
    if (position === 0) continue;
    const before = keys[position - 1]?.from ?? Number.NEGATIVE_INFINITY;
    if (from === undefined)
      refuse('from', 'the instant from which on this key is used; only the first needs none');
    else if (from <= before) refuse('from', 'a later instant than that of the key before');
  }
}

import { z } from 'zod';

const KEYWORDS = new Set(['AND', 'OR', 'NOT', 'TO']);
const expected = 'the name of an attribute, of letters, digits, _ and dots';

/** Names that stand in a filter as they are. */
export function attribute(name: string, description: string) {
  return z
    .string({ error: expected })
    .regex(/^[A-Za-z_][A-Za-z0-9_.]*$/, { error: expected })
    .refine((text) => !KEYWORDS.has(text), { error: 'a name other than AND, OR, NOT and TO' })
    .default(name)
    .meta({ description });
}

/** Which attributes of the records say whose they are: what `keys mint` narrows a key by, and derived settings prepare for. */
export const keyAttributes = z.strictObject(
  {
    tenantAttribute: attribute('tenant', 'The attribute that `keys mint --tenant` compares.'),
    actorAttribute: attribute('actor_id', 'The attribute that `keys mint --actor` compares.'),
    timeAttribute: attribute(
      'occurred_at',
      'The timestamp that `keys mint --from --until` compares, by its `_ms`, and that derived settings rank by.',
    ),
  },
  { error: 'an object' },
);

export type KeyAttributes = z.output<typeof keyAttributes>;

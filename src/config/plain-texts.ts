import type { z } from 'zod';
import type { AttributeConfig } from './attribute-schema.ts';
import { covers, meets, type PatternStep } from './path-pattern.ts';

type Attributes = Readonly<Record<string, string | AttributeConfig>>;
/** A column, or what stands at a path in it. */
type Place = { readonly column: string; readonly path?: string | undefined };
/** Of which nobody may see more than a pseudonym: a column where there are no steps. */
type Concealed = { readonly column: string; readonly steps: readonly PatternStep[] };

/** What has a pseudonym stands nowhere as it is: not in the objectID, in another attribute, or in front of another's id. */
export function pseudonymsHold(
  {
    objectID,
    attributes = {},
  }: { readonly objectID: readonly string[]; readonly attributes?: Attributes | undefined },
  context: z.core.$RefinementCtx<unknown>,
): void {
  for (const [name, attribute] of Object.entries(attributes)) {
    const key =
      typeof attribute === 'object' && 'changes' in attribute ? ['changes', 'pseudonyms'] : ['pseudonym'];
    const messages = concealedPlaces(attribute).flatMap((place) => shown(place, objectID, attributes));
    for (const message of new Set(messages))
      context.addIssue({ code: 'custom', path: ['attributes', name, ...key], message });
  }
}

function concealedPlaces(attribute: string | AttributeConfig): readonly Concealed[] {
  if (typeof attribute === 'string') return [];
  if ('pseudonym' in attribute) {
    const { column, path } = attribute.pseudonym;
    return [{ column, steps: keysOf(path).map((key) => ({ key })) }];
  }
  if (!('changes' in attribute)) return [];
  const { before, after, pseudonyms } = attribute.changes;
  return pseudonyms.flatMap(({ steps }) => [before, after].map((column) => ({ column, steps })));
}

function shown({ column, steps }: Concealed, objectID: readonly string[], attributes: Attributes): string[] {
  const found = objectID.includes(column)
    ? [`a column that is not part of objectID: "${column}" would be there as it is`]
    : [];
  for (const [name, attribute] of Object.entries(attributes)) {
    for (const place of plainPlaces(attribute, steps)) {
      if (place.column !== column || !meets(keysOf(place.path), steps)) continue;
      found.push(`no other attribute with the same as it is, which "${name}" has: leave out one of them`);
    }
  }
  return found;
}

/** What an attribute shows, unless it conceals just that. A template shows no more than the attributes that it is made of. */
function plainPlaces(
  attribute: string | AttributeConfig,
  concealed: readonly PatternStep[],
): readonly Place[] {
  if (typeof attribute === 'string') return [{ column: attribute }];
  if ('column' in attribute) return [attribute];
  if ('changes' in attribute) {
    const { before, after, hide, pseudonyms } = attribute.changes;
    const patterns = [...hide, ...pseudonyms.map(({ steps }) => steps)];
    if (patterns.some((steps) => covers(steps, concealed))) return [];
    return [{ column: before }, { column: after }];
  }
  if (!('pseudonym' in attribute)) return [];
  const { kind } = attribute.pseudonym;
  return typeof kind === 'string' ? [] : [kind];
}

function keysOf(path: string | undefined): readonly string[] {
  return path?.split('.') ?? [];
}

/** Labels are attributes of their own, so each takes a name that is free. */
export function labelsFit(attributes: Attributes, context: z.core.$RefinementCtx<unknown>): void {
  const taken = new Set(Object.keys(attributes));
  for (const [name, attribute] of Object.entries(attributes)) {
    if (typeof attribute === 'string' || !('pseudonym' in attribute)) continue;
    const { label } = attribute.pseudonym;
    if (label === undefined) continue;
    if (taken.has(label)) {
      const message = `a name that no other attribute has, not "${label}"`;
      context.addIssue({ code: 'custom', path: [name, 'label'], message });
    }
    taken.add(label);
  }
}

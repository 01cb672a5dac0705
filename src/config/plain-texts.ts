import type { z } from 'zod';
import type { AttributeConfig, PseudonymSource } from './attribute-schema.ts';
import type { PatternStep } from './path-pattern.ts';

type Attributes = Readonly<Record<string, string | AttributeConfig>>;
/** A column, or what stands at a path in it. */
type Place = { readonly column: string; readonly path?: string | undefined };

/** What has a pseudonym stands nowhere as it is: not in the objectID, in another attribute, or in front of another's id. */
export function pseudonymsHold(
  {
    objectID,
    attributes = {},
  }: { readonly objectID: readonly string[]; readonly attributes?: Attributes | undefined },
  context: z.core.$RefinementCtx<unknown>,
): void {
  for (const [name, attribute] of Object.entries(attributes)) {
    if (typeof attribute === 'string' || !('pseudonym' in attribute)) continue;
    for (const message of shown(attribute.pseudonym, objectID, attributes))
      context.addIssue({ code: 'custom', path: ['attributes', name, 'pseudonym'], message });
  }
}

function shown(source: PseudonymSource, objectID: readonly string[], attributes: Attributes): string[] {
  const { column } = source;
  const found = objectID.includes(column)
    ? [`a column that is not part of objectID: "${column}" would be there as it is`]
    : [];
  for (const [name, attribute] of Object.entries(attributes)) {
    for (const place of plainPlaces(attribute, source)) {
      if (place.column !== column || !overlap(place.path, source.path)) continue;
      found.push(`no other attribute with the same as it is, which "${name}" has: leave out one of them`);
    }
  }
  return found;
}

/** What an attribute shows. A template shows no more than the attributes that it is made of. */
function plainPlaces(attribute: string | AttributeConfig, source: PseudonymSource): readonly Place[] {
  if (typeof attribute === 'string') return [{ column: attribute }];
  if ('column' in attribute) return [attribute];
  if ('changes' in attribute) {
    const { before, after, hide } = attribute.changes;
    return hide.some((steps) => hides(steps, source.path)) ? [] : [{ column: before }, { column: after }];
  }
  if (!('pseudonym' in attribute)) return [];
  const { kind } = attribute.pseudonym;
  return typeof kind === 'string' ? [] : [kind];
}

/** Whether a pattern names the place itself, or its key at any depth. */
function hides(steps: readonly PatternStep[], path: string | undefined): boolean {
  const keys = steps.map((step) => (typeof step === 'string' ? step : `.${step.key}`));
  const parts = path?.split('.').map((part) => `.${part}`) ?? [];
  const isAnywhere = keys.length === 2 && keys[0] === '**' && keys[1] === parts.at(-1);
  return isAnywhere || (parts.length > 0 && keys.join('') === parts.join(''));
}

/** Whether one path leads to what is at the other, or into it. */
function overlap(one: string | undefined, other: string | undefined): boolean {
  if (one === undefined || other === undefined) return true;
  return `${one}.`.startsWith(`${other}.`) || `${other}.`.startsWith(`${one}.`);
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

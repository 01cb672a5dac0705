import { PreconditionError } from '../errors.ts';
import type { IndexSettings } from './client.ts';
import type { Restriction } from './key-scope.ts';
import { attributeName } from './setting-values.ts';

/**
 * Throws a PreconditionError when the settings of an index do not let a filter of these hold: Algolia does not refuse it, it matches
 * nothing or is left out.
 */
export function checkFilterable(
  index: string,
  settings: IndexSettings,
  restrictions: readonly Restriction[],
): void {
  const problems = restrictions.flatMap(({ attribute, kind }) => {
    if (kind === 'facet')
      return isFacet(attribute, settings) ? [] : [`"${attribute}" is not among its attributesForFaceting`];
    return isComparable(attribute, settings)
      ? []
      : [`"${attribute}" is not among its numericAttributesForFiltering`];
  });
  if (problems.length === 0) return;
  throw new PreconditionError(
    `index ${index} cannot be filtered as asked: ${[...new Set(problems)].join('; ')}`,
    {
      remedy:
        'Add them to the settings of the index, or let `setup` derive these (`"settings": {}` in its table); or name other attributes under `keys` in the configuration, or other indexes by --index.',
    },
  );
}

/** A declared attribute brings those nested in it. */
function isFacet(attribute: string, settings: IndexSettings): boolean {
  const declared = new Set(entries(settings['attributesForFaceting']).map(attributeName));
  const parts = attribute.split('.');
  return parts.some((_, depth) => declared.has(parts.slice(0, depth + 1).join('.')));
}

/** Every number can be compared unless some are listed; those listed as `equalOnly(…)` cannot. */
function isComparable(attribute: string, settings: IndexSettings): boolean {
  const declared = settings['numericAttributesForFiltering'];
  return declared === undefined || declared === null || entries(declared).includes(attribute);
}

function entries(list: unknown): readonly string[] {
  return Array.isArray(list) ? list.map((entry) => String(entry).trim()) : [];
}

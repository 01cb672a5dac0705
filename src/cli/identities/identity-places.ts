import type { PatternStep } from '../../config/path-pattern.ts';
import type { Config } from '../../config/schema.ts';
import type { IdentityPlace } from '../../database/identity-query.ts';
import { readTable } from '../../database/tables.ts';
import { ConfigError, PreconditionError } from '../../errors.ts';
import type { Connection } from '../connection.ts';

/** Every column and path whose texts the configuration gives pseudonyms. Rejects with a Wal2AlgoliaError where there is none. */
export async function identityPlaces(
  client: Connection,
  { tables }: Config,
): Promise<readonly IdentityPlace[]> {
  const places: IdentityPlace[] = [];
  for (const [qualifiedName, { attributes = {}, pseudonyms }] of Object.entries(tables)) {
    if (pseudonyms === undefined) continue;
    const table = await readTable(client, qualifiedName);
    if (table === undefined) throw new PreconditionError(`there is no table ${qualifiedName}`);
    const { keys, time } = pseudonyms;
    const key = time && { ...time, bordersMicros: keys.slice(1).map(({ fromMicros }) => fromMicros) };
    for (const attribute of Object.values(attributes)) {
      if (typeof attribute === 'string') continue;
      if ('pseudonym' in attribute) {
        const { column, path, kind } = attribute.pseudonym;
        places.push({ table, column, path: path?.split('.'), kind, key });
      }
      if (!('changes' in attribute)) continue;
      const { before, after, pseudonyms: inChanges } = attribute.changes;
      for (const { steps, kind } of inChanges)
        for (const column of [before, after])
          places.push({ table, column, path: { jsonPath: jsonPath(steps) }, kind, key });
    }
  }
  if (places.length > 0) return places;
  throw new ConfigError('no attribute is a pseudonym, so there is nothing to tell', {
    remedy: 'Give an attribute a `pseudonym`, or `changes` its `pseudonyms`, in the configuration.',
  });
}

/**
 * All that stands where the pattern may lead: lax, it passes elements of lists by no step as well. A position may be any element; "key or
 * element" is no more than "one level down". https://www.postgresql.org/docs/current/functions-json.html#FUNCTIONS-SQLJSON-PATH
 */
function jsonPath(steps: readonly PatternStep[]): string {
  const accessors = steps.map((step) => {
    if (step === '**') return '.**';
    return step === '*' || /^\d+$/.test(step.key) ? '.**{1}' : `.${JSON.stringify(step.key)}`;
  });
  return `lax $${accessors.join('')}`;
}

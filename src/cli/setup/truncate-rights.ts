import { createAlgolia } from '../../algolia/client.ts';
import { RefusedError } from '../../algolia/failures.ts';
import { rightsToTruncate } from '../../algolia/preflight.ts';
import type { Config } from '../../config/schema.ts';
import type { Truncation } from '../../database/setup/setup-options.ts';
import { UnavailableError } from '../../errors.ts';

type Tables = Readonly<Record<string, { readonly index: string }>>;

/** Setup shall not hang on an application that does not answer. */
const TIMEOUTS = { firstByteMs: 10_000, answerMs: 10_000 };

/** What `run` would do at a TRUNCATE, with its own key. An Algolia that cannot be asked is an obstacle, and no failure. */
export async function readTruncation(config: Config): Promise<Truncation> {
  const effect = truncationEffect(config.tables);
  const algolia = createAlgolia({
    ...config.algolia,
    apiKey: config.algolia.apiKey.reveal(),
    timeouts: TIMEOUTS,
  });
  try {
    const { acl } = await algolia.keyRights();
    return { effect, obstacle: missingRights(config.tables, acl) };
  } catch (error) {
    if (error instanceof RefusedError && error.isOfUnknownKey)
      return {
        effect,
        obstacle: `Algolia knows no such application, or no such key of it (${error.reason})`,
      };
    if (error instanceof RefusedError) {
      const needed = missingRights(config.tables, []);
      return {
        effect,
        obstacle: `${needed}, as far as can be seen: Algolia does not let it read its own rights (${error.status}: ${error.reason})`,
      };
    }
    if (error instanceof UnavailableError)
      return {
        effect,
        obstacle: `Algolia could not be asked what the key of \`run\` may do (${error.message})`,
      };
    throw error;
  } finally {
    algolia.close();
  }
}

function missingRights(tables: Tables, acl: readonly string[]): string | undefined {
  const missing = rightsToTruncate(tables).filter((right) => !acl.includes(right));
  if (missing.length === 0) return undefined;
  return `the Algolia key of \`run\` lacks the right ${missing.join(' and ')}, which emptying takes`;
}

function truncationEffect(tables: Tables): string {
  return Object.entries(tables)
    .map(([table, { index }]) =>
      isShared(index, tables)
        ? `that of ${table} removes its records from index ${index}`
        : `that of ${table} clears index ${index}`,
    )
    .join(', ');
}

function isShared(index: string, tables: Tables): boolean {
  return Object.values(tables).filter((other) => other.index === index).length > 1;
}

import { createAlgolia } from '../../algolia/client.ts';
import { RefusedError } from '../../algolia/failures.ts';
import { columnOf } from '../../config/columns.ts';
import type { Config } from '../../config/schema.ts';
import { postgresFailure } from '../../database/failures.ts';
import { readTable } from '../../database/tables.ts';
import { PreconditionError } from '../../errors.ts';
import type { Connection } from '../connection.ts';

export type Covered = {
  /** Whose records say whose they are. */
  readonly tables: readonly string[];
  /** Whose records do not. */
  readonly others: readonly string[];
};

/** Throws a PreconditionError when there is none, or one whose records say it in a way that rows cannot be told by. */
export async function coveredTables(client: Connection, { tables, keys }: Config): Promise<Covered> {
  const { actorAttribute } = keys;
  const covered: string[] = [];
  for (const [name, table] of Object.entries(tables)) {
    const isMade = table.attributes !== undefined && Object.hasOwn(table.attributes, actorAttribute);
    const column = columnOf(table, actorAttribute);
    if (isMade && column === undefined) {
      throw new PreconditionError(
        `${name}: "${actorAttribute}" is no column's value, so rows of an erased actor could not be told from others`,
        { remedy: `Map "${actorAttribute}" to a column of its own, or name another keys.actorAttribute.` },
      );
    }
    if (column === undefined) continue;
    const found = await readTable(client, name).catch((error: unknown) => {
      throw postgresFailure(error, `looking at ${name}`);
    });
    if (found?.columns.some((each) => each.name === column)) covered.push(name);
  }
  if (covered.length === 0) {
    throw new PreconditionError(`no configured table has the attribute "${actorAttribute}"`, {
      remedy: 'Name the attribute that says whose a record is in keys.actorAttribute.',
    });
  }
  return { tables: covered, others: Object.keys(tables).filter((name) => !covered.includes(name)) };
}

/** Throws a PreconditionError when the key of the pipeline could not remove records; nothing would be erased, and the line would stand still. */
export async function checkErasingKey({ algolia: options }: Config): Promise<void> {
  const algolia = createAlgolia({ ...options, apiKey: options.apiKey.reveal() });
  try {
    const { acl } = await algolia.keyRights();
    const missing = ['browse', 'deleteObject'].filter((right) => !acl.includes(right));
    if (missing.length === 0) return;
    throw new PreconditionError(`the Algolia API key lacks the right ${missing.join(' and ')} to erase`, {
      remedy: 'Give algolia.apiKey these rights in the Algolia dashboard, under API keys.',
    });
  } catch (error) {
    // One that may not read its own rights may have them all the same.
    if (!(error instanceof RefusedError)) throw error;
  } finally {
    algolia.close();
  }
}

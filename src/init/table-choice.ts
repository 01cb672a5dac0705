import { nearest } from '../config/spelling.ts';
import type { FoundTable } from '../database/found-tables.ts';
import { PreconditionError, UsageError } from '../errors.ts';
import { type Score, scoreTable } from './table-score.ts';

export type Candidate = { readonly table: FoundTable; readonly score: Score };

/** So much looks like an audit log; so far ahead of the next it is the one. */
const POINTS_MIN = 6;
const LEAD_MIN = 2;
const LISTED_MAX = 20;

/** Tables whose rows can be followed, those that look most like an audit log first. */
export function findCandidates(tables: readonly FoundTable[]): readonly Candidate[] {
  return tables
    .filter((table) => refusal(table) === undefined && !table.isOfExtension)
    .map((table) => ({ table, score: scoreTable(table) }))
    .sort((a, b) => b.score.points - a.score.points);
}

/** The one that clearly is the audit log. Throws a UsageError that lists what there is, a PreconditionError where there is nothing. */
export function chooseCandidate(candidates: readonly Candidate[], database: string): FoundTable {
  const [best, next] = candidates;
  if (best === undefined) {
    throw new PreconditionError(`database "${database}" has no table whose rows could be followed`, {
      remedy:
        'Check the database in DATABASE_URL. For a log that does not exist yet, postgres/audit-log.sql has a table, for which no configuration is needed.',
    });
  }
  const lead = best.score.points - (next?.score.points ?? 0);
  if (best.score.points >= POINTS_MIN && lead >= LEAD_MIN) return best.table;
  const why =
    best.score.points >= POINTS_MIN
      ? 'more than one table looks like an audit log'
      : 'no table looks clearly like an audit log';
  throw new UsageError([`${why}:`, ...candidates.slice(0, LISTED_MAX).map(candidateLine)].join('\n'), {
    remedy: `Say which: --table "${best.table.qualifiedName}". It may be given more than once.`,
  });
}

function candidateLine({ table, score }: Candidate): string {
  const reasons = score.reasons.length === 0 ? 'nothing speaks for it' : score.reasons.join(', ');
  return `  ${table.qualifiedName}: ${reasons}`;
}

/** A table by its name. Throws a UsageError for one that is not there, or cannot be followed, and says which could be meant. */
export function namedTable(name: string, tables: readonly FoundTable[]): FoundTable {
  const found =
    tables.find((table) => table.qualifiedName === name && !table.schema.includes('.')) ??
    tables.find((table) => table.qualifiedName === name);
  if (found === undefined) throw unknownTable(name, tables);
  const reason = refusal(found);
  if (reason === undefined) return found;
  throw new UsageError(`${name} cannot be followed: ${reason.why}`, { remedy: reason.remedy });
}

function unknownTable(name: string, tables: readonly FoundTable[]): UsageError {
  if (!name.includes('.')) {
    const bare = tables.find((table) => table.name === name && refusal(table) === undefined);
    const example = bare?.qualifiedName ?? `public.${name}`;
    return new UsageError(`--table ${name}: expected a name as "schema.table", for example "${example}"`);
  }
  const names = tables.map(({ qualifiedName }) => qualifiedName);
  const meant = nearest(name, names);
  return new UsageError(`table ${name} does not exist in this database`, {
    remedy:
      meant === undefined
        ? 'Names are written as in the catalog, without quotes, and with their letters in the case that they have there; `init` without --table says which there are.'
        : `Did you mean --table "${meant}"?`,
  });
}

function refusal(table: FoundTable): { readonly why: string; readonly remedy: string } | undefined {
  const { kind, root, isLogged, schema } = table;
  if (kind !== 'table' && kind !== 'partitioned')
    return { why: `it is a ${kind}, whose rows are not in the WAL`, remedy: 'Name the table below it.' };
  if (root !== null)
    return {
      why: `it is a partition, and its rows come as those of ${root}`,
      remedy: `Name that one: --table "${root}".`,
    };
  if (!isLogged)
    return {
      why: 'it is unlogged or temporary, so that its rows are not in the WAL',
      remedy: 'ALTER TABLE ... SET LOGGED.',
    };
  if (schema.includes('.'))
    return {
      why: `the name of its schema, "${schema}", has a dot in it, at which a configuration takes schema and table apart`,
      remedy: 'ALTER SCHEMA ... RENAME TO a name without one.',
    };
  return undefined;
}

import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runCli } from '../../../src/cli/program.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import type { Completeness } from '../../../src/reports/completeness.ts';
import { isoSql } from '../../support/index-comparison.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { scratchDirectory } from '../../support/scratch-directory.ts';
import { STATUS_INDEX } from '../completeness/status-case.ts';

export type Ran = { readonly code: number; readonly stdout: string; readonly stderr: string };
export type Report = {
  readonly events: readonly Readonly<Record<string, unknown>>[];
  readonly count: number;
  readonly completeness: Completeness;
  readonly notes: readonly string[];
};

/** A command in this process, with nothing but what is given. */
export async function runCommand(args: readonly string[], environment: Record<string, string>): Promise<Ran> {
  await using directory = await scratchDirectory();
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await runCli(args, {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    signal: new AbortController().signal,
    environment,
    cwd: directory.path,
  });
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

/** What an auditor has: an application, a key that may search, and the name of the status index. No database and no file. */
export function auditor(server: AlgoliaServer): Record<string, string> {
  return {
    ALGOLIA_APP_ID: server.appId,
    ALGOLIA_SEARCH_KEY: server.searchKey,
    ALGOLIA_HOSTS: server.url,
    ALGOLIA_STATUS_INDEX: STATUS_INDEX,
  };
}

export async function report(
  server: AlgoliaServer,
  ...args: string[]
): Promise<Report & { readonly text: string }> {
  const { code, stdout, stderr } = await runCommand(['report', ...withJson(args)], auditor(server));
  if (code !== 0) throw new Error(`report ended with ${code}: ${stderr}`);
  return { ...(JSON.parse(stdout) as Report), text: stdout };
}

/** Behind the name of the report: what follows -- is no option. */
const withJson = ([kind = '', ...args]: readonly string[]): string[] => [kind, '--json', ...args];

/** As `setup` does it, with derived settings. */
export async function setUp(config: ConfigInput): Promise<void> {
  await using directory = await scratchDirectory();
  const file = join(directory.path, 'wal2algolia.config.json');
  await writeFile(file, JSON.stringify(config));
  const { code, stderr } = await runCommand(['setup', '--config', file], {});
  if (code !== 0) throw new Error(`setup ended with ${code}: ${stderr}`);
}

/**
 * How the events of a report differ from the rows of the audit log that fulfil a condition, whole and exactly: the report's text is read by
 * Postgres alone, in which numbers keep their digits.
 */
export async function differences(
  { client }: TestDatabase,
  text: string,
  condition: string,
): Promise<{ readonly rows: number; readonly differing: number }> {
  const { rows } = await client.query<{ rows: number; differing: number }>(
    `WITH expected AS (
       SELECT id::text AS object_id, to_jsonb(t) || jsonb_build_object('objectID', id::text, 'source_table', 'public.audit_log',
         'occurred_at', ${isoSql('occurred_at')}, 'occurred_at_ms', floor(extract(epoch FROM occurred_at) * 1000)::bigint) AS record
       FROM audit_log t WHERE ${condition}),
     reported AS (SELECT event->>'objectID' AS object_id, event - 'wal' AS record FROM jsonb_array_elements($1::jsonb->'events') event)
     SELECT (SELECT count(*)::int FROM expected) AS rows,
            (SELECT count(*)::int FROM expected e FULL JOIN reported r USING (object_id) WHERE e.record IS DISTINCT FROM r.record)
            + (SELECT count(*) - count(DISTINCT object_id) FROM reported)::int AS differing`,
    [text],
  );
  return rows[0] ?? { rows: 0, differing: -1 };
}

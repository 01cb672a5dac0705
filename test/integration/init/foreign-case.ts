import { createHash } from 'node:crypto';
import { expect } from 'vitest';
import type { AlgoliaServer } from '../../../src/local/algolia/server.ts';
import { WORDS } from '../../../src/records/words.ts';
import { isoSql } from '../../support/index-comparison.ts';
import type { TestDatabase } from '../../support/postgres.ts';
import { type Program, startProgram } from '../../support/program.ts';
import { pseudonymOf } from '../../support/pseudonym.ts';
import { CAMEL_CASE, FIRST_VERSION, PARTITIONED } from './foreign-tables.ts';

export const KEY = 'a key that only this test has, of 40 bytes';

/** An audit log of somebody else, and what its records are once `init` has proposed a mapping for it. */
export type Foreign = {
  readonly name: string;
  readonly sql: string;
  readonly index: string;
  readonly rows: string;
  readonly rowsExpected: number;
  /** Kinds and originals of the pseudonyms in the records. */
  readonly people: readonly (readonly [kind: string, original: string])[];
  /** The columns `object_id` and `record`; `made` has the pseudonyms and their labels. */
  readonly expected: string;
};

const ANN = '11111111-1111-4111-8111-111111111111';
const BOB = '22222222-2222-4222-8222-222222222222';
const THING = '33333333-3333-4333-8333-333333333333';

/** The columns of a time, as records have them. */
export function timeSql(expression: string): string {
  return `'occurred_at', ${isoSql(expression)}, 'occurred_at_ms', floor(extract(epoch FROM ${expression}) * 1000)::bigint,
    'hour_utc', to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24'), 'day_utc', to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD')`;
}

export const FOREIGN: readonly Foreign[] = [
  {
    name: 'the first version: no primary key, local time',
    sql: FIRST_VERSION,
    index: 'audit_log',
    rows: `INSERT INTO app.audit_log (action, user_id, content_item_id, create_date)
      SELECT 1 + g % 3, CASE WHEN g % 5 > 0 THEN 10 + g % 11 END, CASE WHEN g % 7 > 0 THEN 1500 + g % 800 END,
             timestamp '2022-06-13 12:00:00' + g * interval '61.000001 s' FROM generate_series(1, 500) g`,
    rowsExpected: 500,
    people: Array.from({ length: 11 }, (_, at) => ['user', String(10 + at)] as const),
    expected: `SELECT id::text AS object_id, jsonb_build_object('objectID', id::text, 'source_table', 'app.audit_log', 'seq', id,
        'action', action, 'actor_id', m.pseudonym, 'actor_label', m.label, 'target_id', content_item_id, 'target_type', 'content_item',
        'target_key', 'content_item:' || content_item_id, ${timeSql("(create_date AT TIME ZONE 'UTC')")},
        'summary', coalesce(m.pseudonym || ': ', '') || action || coalesce(' on content_item ' || content_item_id, '')) AS record
      FROM app.audit_log LEFT JOIN made m ON m.kind = 'user' AND m.original = user_id::text`,
  },
  {
    name: 'camelCase with uuid keys, of a server in Berlin',
    sql: CAMEL_CASE,
    index: 'audit_event',
    rows: `INSERT INTO "AuditEvent" ("createdAt", "actorId", "actorEmail", "organizationId", "eventType", "operation", "entityType", "entityId",
        "oldValues", "newValues", "ipAddress", "userAgent", "sessionToken", "metadata", "note", "tags", "durationMs", "succeeded", "wal", "source_table")
      VALUES
      ('2026-07-01 12:00:00.123', '${ANN}', 'ann@example.org', '${THING}', 'user.invited', 'CREATE', 'user', '${BOB}',
       NULL, '{"email": "bob@example.org", "password": "s3cr3t", "role": "editor"}', '10.0.0.1', 's3cr3t agent', 's3cr3t', '{"a": "s3cr3t"}',
       's3cr3t note', '{a,"b c"}', 12, true, 7, false),
      ('2026-12-01 00:30:00', '${BOB}', NULL, '${THING}', 'report.renamed', 'UPDATE', 'report', '${THING}',
       '{"title": "old", "firstName": "s3cr3t"}', '{"title": "néw ☃", "firstName": "s3cr3t 2"}', NULL, NULL, NULL, NULL, NULL, NULL, NULL, false, NULL, NULL),
      ('2026-12-01 00:30:00', NULL, NULL, '${THING}', 'report.viewed', 'DELETE', 'report', NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL)`,
    rowsExpected: 3,
    people: [
      ['user', ANN],
      ['user', BOB],
      ['report', THING],
      ['email', 'ann@example.org'],
      ['ip', '10.0.0.1'],
    ],
    expected: `SELECT e.id::text AS object_id, jsonb_build_object('objectID', e.id::text, 'source_table', 'public.AuditEvent', 'id', e.id,
        'actor_id', actor.pseudonym, 'actor_label', actor.label, 'actorEmail', mail.pseudonym, 'tenant', "organizationId",
        'action', "eventType", 'op', CASE operation WHEN 'CREATE' THEN 'c' WHEN 'UPDATE' THEN 'u' ELSE 'd' END,
        'target_type', "entityType", 'target_id', target.pseudonym, 'target_label', target.label,
        'target_key', "entityType" || ':' || target.pseudonym, 'ipAddress', ip.pseudonym, 'tags', to_jsonb(tags), 'durationMs', "durationMs",
        'outcome', succeeded, 'row_wal', wal, 'row_source_table', e.source_table, 'changes_truncated', 0,
        'changes', CASE "eventType" WHEN 'user.invited' THEN jsonb '[{"path": "role", "op": "added", "after": "editor"},
            {"path": "email", "op": "added", "hidden": true}, {"path": "password", "op": "added", "hidden": true}]'
          WHEN 'report.renamed' THEN jsonb '[{"path": "title", "op": "changed", "before": "old", "after": "néw ☃"},
            {"path": "firstName", "op": "changed", "hidden": true}]' ELSE '[]' END,
        'changed_fields', CASE "eventType" WHEN 'user.invited' THEN jsonb '["email", "password", "role"]'
          WHEN 'report.renamed' THEN jsonb '["firstName", "title"]' ELSE '[]' END,
        'summary', coalesce(actor.pseudonym || ': ', '') || "eventType" || coalesce(' on ' || "entityType" || ' ' || target.pseudonym, ''))
        || jsonb_build_object(${timeSql(`("createdAt" AT TIME ZONE 'Europe/Berlin')`)}) AS record
      FROM "AuditEvent" e LEFT JOIN made actor ON actor.kind = 'user' AND actor.original = "actorId"::text
      LEFT JOIN made target ON target.kind = "entityType" AND target.original = "entityId"::text
      LEFT JOIN made mail ON mail.kind = 'email' AND mail.original = "actorEmail"
      LEFT JOIN made ip ON ip.kind = 'ip' AND ip.original = host("ipAddress")`,
  },
  {
    name: 'partitioned, with the time in the key',
    sql: PARTITIONED,
    index: 'events',
    rows: `INSERT INTO audit.events (logged_at, performed_by, event, table_name, record_id, old_data, new_data, client_addr, application_name, txid, logged_at_ms)
      SELECT timestamptz '2025-12-31 12:00:00+00' + g * interval '1 h 0.000001 s', 'p' || g % 3, 'row.changed', 'users', 'p' || g % 3,
             jsonb_build_object('n', g), jsonb_build_object('n', g + 1, 'token', 's3cr3t'), NULL, 'psql', g, g FROM generate_series(1, 40) g`,
    rowsExpected: 40,
    people: ['p0', 'p1', 'p2'].flatMap((who) => [['user', who] as const, ['users', who] as const]),
    expected: `SELECT event_id || ':' || replace(logged_at::text, ':', '%3A') AS object_id, jsonb_build_object(
        'objectID', event_id || ':' || replace(logged_at::text, ':', '%3A'), 'source_table', 'audit.events', 'seq', event_id,
        'actor_id', actor.pseudonym, 'actor_label', actor.label, 'action', event, 'op', 'u', 'target_type', table_name,
        'target_id', target.pseudonym, 'target_label', target.label, 'target_key', table_name || ':' || target.pseudonym,
        'client_addr', NULL, 'source', application_name, 'tx_id', txid, 'logged_at_ms', logged_at_ms, 'changes_truncated', 0,
        'changes', jsonb_build_array(jsonb_build_object('path', 'n', 'op', 'changed', 'before', old_data->'n', 'after', new_data->'n'),
          jsonb '{"path": "token", "op": "added", "hidden": true}'), 'changed_fields', jsonb '["n", "token"]',
        'summary', actor.pseudonym || ': row.changed on users ' || target.pseudonym, ${timeSql('logged_at')}) AS record
      FROM audit.events LEFT JOIN made actor ON actor.kind = 'user' AND actor.original = performed_by
      LEFT JOIN made target ON target.kind = table_name AND target.original = record_id`,
  },
];

/** Three words for the first 30 bits of an id's SHA-256. */
function labelOf(pseudonym: string): string {
  const bits = BigInt(`0x${createHash('sha256').update(pseudonym).digest('hex')}`) >> 226n;
  return [20n, 10n, 0n].map((shift) => WORDS[Number((bits >> shift) & 1023n)]).join(' ');
}

/** The table `made`, which `expected` joins. */
export async function makePseudonyms({ client }: TestDatabase, people: Foreign['people']): Promise<void> {
  const made = people.map(([kind, original]) => {
    const pseudonym = pseudonymOf(KEY, kind, original);
    return [kind, original, pseudonym, labelOf(pseudonym)];
  });
  await client.query(
    `CREATE TEMP TABLE made AS SELECT e->>0 AS kind, e->>1 AS original, e->>2 AS pseudonym, e->>3 AS label
     FROM jsonb_array_elements($1::jsonb) e`.replace('$1', `'${JSON.stringify(made)}'`),
  );
}

/** The program in a directory with no file but what it writes itself. */
export function programIn(cwd: string, database: TestDatabase, server: AlgoliaServer) {
  const env = {
    DATABASE_URL: database.url,
    ALGOLIA_APP_ID: server.appId,
    ALGOLIA_API_KEY: server.adminKey,
    ALGOLIA_HOSTS: server.url,
    WAL2ALGOLIA_SLOT: database.slot,
    WAL2ALGOLIA_PUBLICATION: database.publication,
    WAL2ALGOLIA_PSEUDONYM_KEY: KEY,
    WAL2ALGOLIA_HTTP_PORT: '0',
  };
  const start = (...args: string[]): Program => startProgram(args, { cwd, env });
  const finished = async (...args: string[]): Promise<string> => {
    await using program = start(...args);
    const { code } = await program.ended;
    expect(code, program.stderr()).toBe(0);
    return program.stdout();
  };
  return { start, finished };
}

import type { z } from 'zod';
import { type AttributeConfig, attribute } from './attribute-schema.ts';

/** Which column of a log plays which role. */
export type AuditColumns = {
  /** Grows with every row: rows of the same moment stand in its order. */
  readonly id: string;
  readonly occurredAt: string;
  /** Where times without one were written down. */
  readonly timeZone?: string | undefined;
  readonly actorType?: string | undefined;
  readonly actorId?: string | undefined;
  readonly action: string;
  /** INSERT, UPDATE, DELETE; left out, it is told by `before` and `after`. */
  readonly op?: string | undefined;
  readonly targetType?: string | undefined;
  readonly targetId?: string | undefined;
  readonly outcome?: string | undefined;
  readonly requestId?: string | undefined;
  readonly txId?: string | undefined;
  readonly source?: string | undefined;
  readonly tenant?: string | undefined;
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  /** Left out unless it is named: what is in it is for nobody to say. */
  readonly metadata?: string | undefined;
};

export type WrittenAttribute = string | z.input<typeof attribute>;

/** Of `postgres/audit-log.sql`. */
const STANDARD: AuditColumns = {
  id: 'id',
  occurredAt: 'occurred_at',
  actorType: 'actor_type',
  actorId: 'actor_id',
  action: 'action',
  targetType: 'target_type',
  targetId: 'target_id',
  outcome: 'outcome',
  requestId: 'request_id',
  txId: 'tx_id',
  source: 'source',
  tenant: 'tenant',
  before: 'before',
  after: 'after',
};
const REQUIRED = new Set([STANDARD.id, STANDARD.occurredAt, STANDARD.action]);

/** What no one should find, wherever it stands. */
const SECRETS = [
  'password',
  'password_hash',
  'passwordHash',
  'secret',
  'token',
  'access_token',
  'accessToken',
  'refresh_token',
  'refreshToken',
  'api_key',
  'apiKey',
  'private_key',
  'privateKey',
];

const OPERATIONS = { INSERT: 'c', SELECT: 'r', UPDATE: 'u', DELETE: 'd' };

/** The attributes that suit a log with these columns, as they can be written in a configuration. */
export function auditMapping(columns: AuditColumns): Readonly<Record<string, WrittenAttribute>> {
  const { timeZone, before, after, targetType, targetId } = columns;
  const zone = timeZone === undefined ? {} : { timeZone };
  const time = { column: columns.occurredAt, ...zone };
  const documents = before === undefined || after === undefined ? undefined : { before, after };
  const attributes: Record<string, WrittenAttribute | undefined> = {
    seq: columns.id,
    occurred_at: timeZone === undefined ? columns.occurredAt : time,
    hour_utc: { ...time, as: 'hour' },
    day_utc: { ...time, as: 'day' },
    actor_type: columns.actorType,
    actor_id: columns.actorId,
    action: columns.action,
    op: opAttribute(columns, documents),
    target_type: targetType,
    target_id: targetId,
    target_key:
      targetType === undefined || targetId === undefined
        ? undefined
        : { template: '{target_type}:{target_id}' },
    outcome: columns.outcome,
    request_id: columns.requestId,
    tx_id: columns.txId,
    source: columns.source,
    tenant: columns.tenant,
    summary: { template: summary(columns) },
    changes: documents && {
      changes: { ...documents, fields: 'changed_fields', hide: SECRETS.map((key) => `**.${key}`) },
    },
    metadata: columns.metadata,
  };
  return Object.fromEntries(
    Object.entries(attributes).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}

function opAttribute(
  { op }: AuditColumns,
  documents: { before: string; after: string } | undefined,
): WrittenAttribute | undefined {
  if (op !== undefined) return { column: op, values: OPERATIONS };
  return documents && { op: documents };
}

/** "user u-17: report.renamed on report r-3, succeeded". */
function summary({ actorType, actorId, targetType, targetId, outcome }: AuditColumns): string {
  const parts = [
    actorType && '[{actor_type} ]',
    actorId && '[{actor_id}: ]',
    '{action}',
    targetType && targetId && '[ on {target_type} {target_id}]',
    outcome && '[, {outcome}]',
  ];
  return parts.filter((part) => part !== undefined).join('');
}

/** What `"attributes": "audit"` stands for: the mapping of our own audit log, of which most columns may be missing. */
export function standardAuditMapping(): Readonly<Record<string, AttributeConfig>> {
  return Object.fromEntries(
    Object.entries(auditMapping(STANDARD)).map(([name, written]) => {
      const parsed = attribute.parse(typeof written === 'string' ? { column: written } : written);
      const isRequired = 'column' in parsed && REQUIRED.has(parsed.column);
      return [name, isRequired ? parsed : { ...parsed, isOptional: true as const }];
    }),
  );
}

import { expect, test } from 'vitest';
import { type AuditColumns, auditMapping } from '../../../src/config/audit-mapping.ts';
import { proposeTable } from '../../../src/init/proposal.ts';
import { column, table, uniqueIndex } from './found.ts';

const COLUMNS: AuditColumns = {
  id: 'eventId',
  occurredAt: 'loggedAt',
  timeZone: 'UTC',
  actorType: 'userType',
  actorId: 'userId',
  action: 'eventType',
  targetType: 'entityType',
  targetId: 'entityId',
  outcome: 'result',
  requestId: 'correlationId',
  txId: 'transactionId',
  source: 'applicationName',
  tenant: 'organizationId',
  before: 'oldValues',
  after: 'newValues',
};
const TYPES: Readonly<Record<string, string>> = {
  id: 'bigint',
  occurredAt: 'timestamp',
  before: 'jsonb',
  after: 'jsonb',
};

test('what init proposes is the standard mapping, but for what says who somebody is', () => {
  const columns = Object.entries(COLUMNS).flatMap(([part, name]) =>
    part === 'timeZone' || name === undefined ? [] : column(name, TYPES[part]),
  );
  const found = table('app.log', columns, { uniqueIndexes: [uniqueIndex(['eventId'])] });
  const proposal = proposeTable(found, 'log', { defaults: new Map(), serverZone: 'UTC' });
  const proposed = [
    ...(proposal?.columns.flatMap((each) => each.attributes) ?? []),
    ...(proposal?.computed ?? []),
  ];
  const { changes, ...standard } = auditMapping(COLUMNS);
  const hide = expect.arrayContaining((changes as { changes: { hide: string[] } }).changes.hide);
  const pseudonyms = expect.objectContaining({ '**.userId': 'user' });
  expect(Object.fromEntries(proposed.map(({ name, config }) => [name, config]))).toEqual({
    ...standard,
    actor_id: { column: 'userId', pseudonym: 'user', label: 'actor_label' },
    target_id: { column: 'entityId', pseudonym: { column: 'entityType' }, label: 'target_label' },
    changes: {
      changes: { before: 'oldValues', after: 'newValues', fields: 'changed_fields', hide, pseudonyms },
    },
  });
});

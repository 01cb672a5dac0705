import { expect, test } from 'vitest';
import { indexNames } from '../../../src/init/index-names.ts';
import { table } from './found.ts';

test('indexes are called after their tables, each by a name of its own', () => {
  const names = [
    'app.audit_log',
    'public.AuditEvent',
    'other.auditLog',
    'public.audit-log',
    'x.audit_log',
    'a.☃',
  ];
  const tables = names.map((name) => table(name, []));
  expect(tables.map((each) => indexNames(tables).get(each))).toEqual([
    'audit_log',
    'audit_event',
    'other_audit_log',
    'public_audit_log',
    'x_audit_log',
    'a',
  ]);
});

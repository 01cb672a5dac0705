import { describe, expect, it, test } from 'vitest';
import { markColumn } from '../../../src/init/mark.ts';
import { column } from './found.ts';

function marked(name: string, type?: string): string {
  const mark = markColumn(column(name, type), undefined);
  return mark.tag === 'pseudonymised' ? `pseudonymised ${mark.kind}` : mark.tag;
}

describe('what identifies somebody is pseudonymised', () => {
  test.each([
    ['user_id', 'bigint', 'user'],
    ['userId', 'text', 'user'],
    ['userid', 'integer', 'user'],
    ['UserID', 'uuid', 'user'],
    ['user_uuid', 'uuid', 'user'],
    ['impersonated_user_id', 'text', 'user'],
    ['onBehalfOf', 'text', 'user'],
    ['created_by', 'integer', 'user'],
    ['createdBy', 'text', 'user'],
    ['createdby', 'text', 'user'],
    ['approved_by_id', 'integer', 'user'],
    ['updated_by_user_id', 'integer', 'user'],
    ['assignee_id', 'integer', 'user'],
    ['owner', 'text', 'user'],
    ['username', 'character varying', 'user'],
    ['user_name', 'text', 'user'],
    ['session_user_name', 'text', 'user'],
    ['whodunnit', 'text', 'user'],
    ['customer_id', 'bigint', 'customer'],
    ['customerId', 'bigint', 'customer'],
    ['customerid', 'bigint', 'customer'],
    ['employee_no', 'text', 'employee'],
    ['patient_uuid', 'uuid', 'patient'],
    ['account_id', 'bigint', 'account'],
    ['email', 'text', 'email'],
    ['userEmail', 'text', 'email'],
    ['actor_email_address', 'text', 'email'],
    ['phone_number', 'text', 'phone'],
    ['mobile', 'bigint', 'phone'],
    ['ip', 'text', 'ip'],
    ['ip_address', 'text', 'ip'],
    ['ipAddress', 'text', 'ip'],
    ['IPAddress', 'text', 'ip'],
    ['ipaddress', 'text', 'ip'],
    ['remote_addr', 'inet', 'ip'],
    ['anything', 'inet', 'ip'],
    ['anything', 'macaddr', 'device'],
    ['device_id', 'text', 'device'],
    ['session_id', 'text', 'session'],
    ['sessionId', 'uuid', 'session'],
  ])('%s %s: %s', (name, type, kind) => {
    expect(marked(name, type)).toBe(`pseudonymised ${kind}`);
  });
});

describe('what may hold anything, opens something or describes a person is dropped', () => {
  test.each([
    ['password'],
    ['password_hash'],
    ['passwordHash'],
    ['api_key'],
    ['apiKey'],
    ['APIKey'],
    ['access_token'],
    ['sessionToken'],
    ['token'],
    ['client_secret'],
    ['token', 'uuid'],
    ['api_key', 'uuid'],
    ['secret', 'integer'],
    ['password', 'public.mood'],
    ['otp', 'integer'],
    ['signature', 'bytea'],
    ['user_agent'],
    ['userAgent'],
    ['useragent'],
    ['message'],
    ['description'],
    ['comment'],
    ['query'],
    ['client_query'],
    ['request_url'],
    ['referer'],
    ['object_repr'],
    ['first_name'],
    ['fullName'],
    ['actor_name'],
    ['street'],
    ['postal_address'],
    ['zip_code', 'integer'],
    ['birth_date', 'date'],
    ['dateOfBirth', 'timestamptz'],
    ['salary', 'numeric'],
    ['gender', 'public.mood'],
    ['latitude', 'numeric'],
    ['metadata', 'jsonb'],
    ['payload', 'json'],
    ['changes', 'xml'],
    ['row_data', 'public.hstore'],
    ['place', 'point'],
    ['content_tsv', 'tsvector'],
    ['embedding', 'public.vector'],
    ['blob', 'bytea'],
    ['composite', 'public.address'],
    ['user_ids', 'bigint[]'],
    ['emails_seen', 'text[]'],
    ['frobnication'],
    ['größe'],
    ['备注'],
  ])('%s %s', (name, type = 'text') => {
    expect(marked(name, type)).toBe('dropped');
  });

  it('says that a generated column is not in the WAL', () => {
    const mark = markColumn(column('status', 'text', { isGenerated: true }), 'outcome');
    expect(mark).toMatchObject({ tag: 'dropped', why: expect.stringContaining('generated') });
  });
});

describe('what tells rows apart without telling who is indexed', () => {
  test.each([
    ['status'],
    ['severity'],
    ['http_method'],
    ['statusCode', 'integer'],
    ['eventType'],
    ['entity_type'],
    ['tableName', 'text'],
    ['environment'],
    ['app_version'],
    ['tags', 'text[]'],
    ['changed_columns', 'text[]'],
    ['mood', 'public.mood'],
    ['is_admin', 'boolean'],
    ['amount', 'numeric'],
    ['duration_ms', 'integer'],
    ['order_id', 'bigint'],
    ['orderId', 'text'],
    ['order_no', 'text'],
    ['trace', 'text'],
    ['ref', 'uuid'],
    ['started_at', 'timestamptz'],
    ['valid_on', 'date'],
    ['elapsed', 'interval'],
    ['member_since', 'timestamp'],
    ['passed', 'boolean'],
    ['hashtag', 'public.mood'],
  ])('%s %s', (name, type = 'text') => {
    expect(marked(name, type)).toBe('indexed');
  });
});

it('pseudonymises a target that may be a person by the kind that another column says', () => {
  expect(markColumn(column('record_id'), 'targetId', { column: 'table_name' })).toMatchObject({
    tag: 'pseudonymised',
    kind: { column: 'table_name' },
  });
  expect(markColumn(column('content_item_id'), 'targetId')).toMatchObject({ tag: 'indexed' });
  expect(markColumn(column('user_id'), 'targetId', 'target')).toMatchObject({ kind: 'user' });
});

it('never indexes an actor as it stands', () => {
  for (const name of ['actor', 'whodunnit', 'email', 'staffid', 'author'])
    expect(markColumn(column(name), 'actorId').tag).toBe('pseudonymised');
});

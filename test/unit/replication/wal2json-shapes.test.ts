import { expect, test } from 'vitest';
import type { Relation, WalMessage } from '../../../src/replication/messages.ts';
import {
  changeOf,
  changeText,
  decoderOf,
  id,
  large,
  note,
  type Said,
  table,
  textsOf,
  UNCHANGED,
} from './wal2json-text.ts';

const extra = (value: string): Said => ['extra', 'boolean', 16, value];
const remark = (value: string): Said => ['remark', 'text', 25, value];

const insert = (...columns: Said[]) => changeText('I', { columns });
const update = (columns: Said[], identity: Said[]) => changeText('U', { columns, identity });

const namesOf = (messages: readonly WalMessage[]): unknown =>
  messages.flatMap((message) =>
    message.tag === 'relation' ? [message.columns.map(({ name }) => name)] : [],
  );

const keysOf = (relation: Relation): unknown => [
  relation.replicaIdentity,
  relation.columns.filter(({ isKey }) => isKey).map(({ name }) => name),
];

test('a column added, renamed and dropped between inserts', () => {
  const decode = decoderOf();
  expect(namesOf(decode(insert(id('1'), note('"a"'), large('"b"'))))).toEqual([['id', 'note', 'large']]);
  expect(namesOf(decode(insert(id('1'), note('"a"'), large('"b"'), extra('true'))))).toEqual([
    ['id', 'note', 'large', 'extra'],
  ]);
  expect(namesOf(decode(insert(id('1'), remark('"a"'), large('"b"'), extra('true'))))).toEqual([
    ['id', 'remark', 'large', 'extra'],
  ]);
  const dropped = decode(insert(id('1'), remark('"a"'), extra('false')));
  expect(namesOf(dropped)).toEqual([['id', 'remark', 'extra']]);
  expect(textsOf(changeOf(dropped, 'insert').new)).toEqual(['1', 'a', 'f']);
  expect(changeOf(dropped, 'insert').relation.columns.map(({ isKey }) => isKey)).toEqual([
    true,
    false,
    false,
  ]);
  expect(namesOf(decode(insert(id('1'), remark('"a"'), extra('false'))))).toEqual([]);
});

test('a column added is known from an update as well, beside one that did not travel', () => {
  const decode = decoderOf();
  const messages = decode(update([id('1'), note('"a"'), extra('true')], [id('1')]));
  expect(namesOf(messages)).toEqual([['id', 'note', 'extra', 'large']]);
  expect(textsOf(changeOf(messages, 'update').new)).toEqual(['1', 'a', 't', UNCHANGED]);
  expect(namesOf(decode(insert(id('1'), note('"a"'), large('"b"'), extra('true'))))).toEqual([
    ['id', 'note', 'large', 'extra'],
  ]);
});

test('a column retyped is another shape, also when only its modifier changed', () => {
  const decode = decoderOf();
  const amount = (type: string): Said => ['amount', type, 1700, '1.10'];
  const typeModifiers = (text: string): unknown =>
    decode(text).flatMap((message) => (message.tag === 'relation' ? [message.columns[1]?.typeModifier] : []));
  expect(typeModifiers(insert(id('1'), amount('numeric(10,2)')))).toEqual([((10 << 16) | 2) + 4]);
  expect(typeModifiers(insert(id('1'), amount('numeric(10,2)')))).toEqual([]);
  expect(typeModifiers(insert(id('1'), amount('numeric(20,2)')))).toEqual([((20 << 16) | 2) + 4]);
  expect(typeModifiers(update([id('1'), amount('numeric')], [id('1')]))).toEqual([-1]);
});

test('a type renamed is the same type', () => {
  const decode = decoderOf();
  const mood = (type: string): Said => ['mood', type, 20_000, '"calm"'];
  expect(decode(insert(id('1'), mood('mood')))).toHaveLength(2);
  expect(decode(insert(id('1'), mood('temper')))).toHaveLength(1);
});

test('rows written before a column was added, read after it', () => {
  const columns = [...table.columns, { name: 'extra', typeOid: 16, typeModifier: -1, isKey: false }];
  const decode = decoderOf([{ ...table, columns }]);
  const updated = decode(update([id('1'), note('"a"'), large('"b"')], [id('1')]));
  expect(textsOf(changeOf(updated, 'update').new)).toEqual(['1', 'a', 'b', UNCHANGED]);
  expect(namesOf(decode(insert(id('1'), note('"a"'), large('"b"'))))).toEqual([['id', 'note', 'large']]);
});

test('the replica identity is that of each change, whatever the catalog said', () => {
  const decode = decoderOf();
  const columns = [id('1'), note('"a"'), large('"b"')];
  const full = changeOf(decode(update(columns, [id('1'), note('"z"'), large('"b"')])), 'update');
  expect(keysOf(full.relation)).toEqual(['full', ['id', 'note', 'large']]);
  expect(full.old?.kind).toBe('full');
  const byIndex = changeOf(decode(update(columns, [note('"z"')])), 'update');
  expect(keysOf(byIndex.relation)).toEqual(['index', ['note']]);
  expect(byIndex.old?.kind).toBe('key');
  expect(byIndex.old && textsOf(byIndex.old.tuple)).toEqual([null, 'z', null]);
  const deleted = changeOf(decode(changeText('D', { identity: [id('1')] })), 'delete');
  expect(keysOf(deleted.relation)).toEqual(['index', ['id']]);
  expect(decode(update(columns, [id('1')]))).toHaveLength(1);
});

test('a key column renamed is known by the first update, in both images', () => {
  const key = (value: string): Said => ['key', 'integer', 23, value];
  const decode = decoderOf();
  const messages = decode(update([key('2'), note('"a"'), large('"b"')], [key('1')]));
  const { relation, old, new: now } = changeOf(messages, 'update');
  expect(keysOf(relation)).toEqual(['index', ['key']]);
  expect(textsOf(now)).toEqual(['2', UNCHANGED, 'a', 'b']);
  expect(old && textsOf(old.tuple)).toEqual(['1', null, null, null]);
});

test('two tables are known apart', () => {
  const other = { ...table, oid: 16_500, name: 'u', columns: table.columns.slice(0, 1) };
  const decode = decoderOf([table, other]);
  const of = (text: string): unknown => changeOf(decode(text), 'insert').relation.oid;
  expect(of(insert(id('1'), note('"a"'), large('null')))).toBe(16_400);
  expect(of(changeText('I', { columns: [id('1')] }, 'u'))).toBe(16_500);
  expect(of(insert(id('1'), note('"a"'), large('null')))).toBe(16_400);
  expect(decode(changeText('I', { columns: [id('2')] }, 'u'))).toHaveLength(1);
});

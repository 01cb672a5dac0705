import { describe, expect, it } from 'vitest';
import { ProtocolError } from '../../../src/errors.ts';
import { parseLsn } from '../../../src/lsn.ts';
import type { Relation } from '../../../src/replication/messages.ts';
import {
  changeOf,
  changeText,
  decoderOf,
  id,
  large,
  note,
  table,
  textsOf,
  UNCHANGED,
} from './wal2json-text.ts';

const relationOf = ({
  qualifiedName: _,
  partitioned: __,
  identityHolds: ___,
  ...told
} = table): Relation => ({
  tag: 'relation',
  ...told,
});

describe('transactions', () => {
  const decode = decoderOf();

  it('begins at the commit record, with microseconds and a xid beyond 2^31', () => {
    const text =
      '{"action":"B","xid":4294967295,"timestamp":"2026-11-23 01:02:03.000004+00","lsn":"A/FF","nextlsn":"A/12F"}';
    expect(decode(text)).toEqual([
      {
        tag: 'begin',
        commitLsn: parseLsn('A/FF'),
        committedAtMicros: BigInt(Date.UTC(2026, 10, 23, 1, 2, 3)) * 1000n + 4n,
        xid: 4_294_967_295,
      },
    ]);
  });

  it.each([
    ['2026-11-23 01:02:03+00', 0n],
    ['2026-11-23 01:02:03.5+00', 500_000n],
    ['2026-11-23 01:02:03.12345+00', 123_450n],
  ])('ends behind the commit record, at %s', (timestamp, micros) => {
    const text = `{"action":"C","xid":7,"timestamp":"${timestamp}","lsn":"A/FF","nextlsn":"A/12F"}`;
    const committedAtMicros = BigInt(Date.UTC(2026, 10, 23, 1, 2, 3)) * 1000n + micros;
    expect(decode(text)).toEqual([{ tag: 'commit', endLsn: parseLsn('A/12F'), committedAtMicros }]);
  });

  it.each(['2026-11-23 01:02:03+01', '2026-11-23T01:02:03Z', 'infinity'])(
    'refuses the time %s',
    (timestamp) => {
      const text = `{"action":"C","xid":7,"timestamp":"${timestamp}","lsn":"A/FF","nextlsn":"A/12F"}`;
      expect(() => decode(text)).toThrow(ProtocolError);
    },
  );

  it('hands out logical messages, inside a transaction and outside', () => {
    const text = (transactional: boolean, xid: string) =>
      `{"action":"M","xid":${xid},"timestamp":null,"lsn":"0/1","transactional":${transactional},"prefix":"p","content":"a\\n\\u0001é"}`;
    const content = Buffer.from('a\n\u0001é');
    const message = { tag: 'message', lsn: parseLsn('0/1'), prefix: 'p', content };
    expect(decode(text(true, '7'))).toEqual([{ ...message, transactional: true }]);
    expect(decode(text(false, 'null'))).toEqual([{ ...message, transactional: false }]);
  });
});

describe('changes', () => {
  it('tells the relation once, before the first change', () => {
    const decode = decoderOf();
    const first = decode(changeText('I', { columns: [id('1'), note('"a"'), large('null')] }));
    expect(first.map(({ tag }) => tag)).toEqual(['relation', 'insert']);
    expect(first[0]).toEqual(relationOf());
    expect(textsOf(changeOf(first, 'insert').new)).toEqual(['1', 'a', null]);
    const second = decode(changeText('I', { columns: [id('2'), note('""'), large('"b"')] }));
    expect(second.map(({ tag }) => tag)).toEqual(['insert']);
    expect(changeOf(second, 'insert').relation).toBe(first[0]);
    expect(textsOf(changeOf(second, 'insert').new)).toEqual(['2', '', 'b']);
  });

  it('takes a key that is only repeated for no old image', () => {
    const columns = [id('1'), note('"a"'), large('"b"')];
    const update = changeOf(decoderOf()(changeText('U', { columns, identity: [id('1')] })), 'update');
    expect(update.old).toBeUndefined();
    expect(textsOf(update.new)).toEqual(['1', 'a', 'b']);
  });

  it('gives the old key where it changed', () => {
    const columns = [id('2'), note('"a"'), large('"b"')];
    const { old } = changeOf(decoderOf()(changeText('U', { columns, identity: [id('1')] })), 'update');
    expect(old?.kind).toBe('key');
    expect(old && textsOf(old.tuple)).toEqual(['1', null, null]);
  });

  it('marks what did not travel, and does not take it for another shape', () => {
    const decode = decoderOf();
    const columns = [id('1'), note('"a"')];
    const messages = decode(changeText('U', { columns, identity: [id('1')] }));
    expect(messages[0]).toEqual(relationOf());
    expect(textsOf(changeOf(messages, 'update').new)).toEqual(['1', 'a', UNCHANGED]);
    expect(decode(changeText('U', { columns, identity: [id('1')] }))).toHaveLength(1);
  });

  it('finds a key that did not travel with the new row, but with the old one', () => {
    const messages = decoderOf()(changeText('U', { columns: [note('"a"')], identity: [id('1')] }));
    const { old, new: now } = changeOf(messages, 'update');
    expect(textsOf(now)).toEqual([UNCHANGED, 'a', UNCHANGED]);
    expect(old && textsOf(old.tuple)).toEqual(['1', null, null]);
  });

  it('gives the whole old row with REPLICA IDENTITY FULL, NULLs included', () => {
    const columns = table.columns.map((column) => ({ ...column, isKey: true }));
    const decode = decoderOf([{ ...table, replicaIdentity: 'full', columns }]);
    const identity = [id('1'), note('null'), large('"b"')];
    const { old } = changeOf(
      decode(changeText('U', { columns: [id('1'), note('"a"')], identity })),
      'update',
    );
    expect(old?.kind).toBe('full');
    expect(old && textsOf(old.tuple)).toEqual(['1', null, 'b']);
    const deleted = changeOf(decode(changeText('D', { identity })), 'delete').old;
    expect([deleted.kind, textsOf(deleted.tuple)]).toEqual(['full', ['1', null, 'b']]);
  });

  it('deletes by the key', () => {
    const messages = decoderOf()(changeText('D', { identity: [id('1')] }));
    expect(messages[0]).toEqual(relationOf());
    const { old } = changeOf(messages, 'delete');
    expect([old.kind, textsOf(old.tuple)]).toEqual(['key', ['1', null, null]]);
  });

  it('says TRUNCATE of the table, which it tells first', () => {
    const decode = decoderOf();
    const [relation, truncate] = decode(changeText('T'));
    expect(relation).toEqual(relationOf());
    expect(truncate).toEqual({ tag: 'truncate', relations: [relation] });
    expect(decode(changeText('T'))).toEqual([truncate]);
  });

  it('finds names with quotes, dots and line ends', () => {
    const odd = 'a"b.c\n\\é';
    const decode = decoderOf([{ ...table, name: odd, qualifiedName: `public.${odd}` }]);
    const messages = decode(changeText('I', { columns: [id('1'), note('"a"'), large('null')] }, odd));
    expect(changeOf(messages, 'insert').relation.name).toBe(odd);
  });
});

describe('what is no message of ours', () => {
  const whole = changeText('I', { columns: [id('1'), note('"a\\n\\u0001"'), large('null')] });

  it('throws a ProtocolError at every place where one could end too early, without saying what is in it', () => {
    for (let length = 0; length < whole.length; length++) {
      expect(() => decoderOf()(whole.slice(0, length)), String(length)).toThrow(ProtocolError);
      expect(() => decoderOf()(whole.slice(0, length))).not.toThrow(/secret|note/);
    }
    expect(() => decoderOf()(`${whole} `)).toThrow(ProtocolError);
  });

  it.each([
    ['an unknown action', '{"action":"X"}'],
    ['a table that was not asked for', changeText('I', { columns: [id('1')] }, 'other')],
    ['an insert without columns', changeText('I')],
    ['a delete without identity', changeText('D', { columns: [id('1')] })],
    ['a position that is none', '{"action":"M","lsn":"7","transactional":true,"prefix":"","content":""}'],
    ['a commit without a position', '{"action":"C","timestamp":"2026-11-23 01:02:03+00","lsn":"0/1"}'],
  ])('refuses %s', (_name, text) => {
    expect(() => decoderOf()(text)).toThrow(ProtocolError);
  });

  it('passes over members that it does not know', () => {
    const more = `${whole.slice(0, -1).replaceAll('"value":1', '"value":1,"optional":false,"default":"\\"}]"')},"pk":[{"a":["}\\"",1.5e3,true]},{}]}`;
    expect(textsOf(changeOf(decoderOf()(more), 'insert').new)).toEqual(['1', 'a\n\u0001', null]);
  });
});

import { describe, expect, test } from 'vitest';
import { documentColumns } from '../../../src/config/columns.ts';
import { parseTemplate } from '../../../src/config/template.ts';
import { describeAttributes } from '../../../src/records/described-attributes.ts';
import { encoderOf, inserted, insertedSteps, shared, thrown, unfit } from './record-encoder-case.ts';
import {
  body,
  label,
  of,
  one,
  type Row,
  relation,
  row,
  SECRET,
  source,
  two,
  types,
} from './record-encoder-pseudonyms-case.ts';
import { tupleOf, UNCHANGED } from './tuples.ts';

describe('a pseudonym', () => {
  test('stands in the place of a text, with its label beside', () => {
    const made = body({ who: source('actor', { label: 'who_label' }) }, { actor: SECRET });
    expect(made).toMatchObject({ who: of(SECRET), who_label: label(of(SECRET)) });
    expect(JSON.stringify(made)).not.toContain('mallory');
  });

  test('is null for NULL', () => {
    expect(body({ who: source('actor', { label: 'l' }) }, {})).toMatchObject({ who: null, l: null });
  });

  test('is of the kind that another column says, of the empty one where that is NULL', () => {
    const attributes = { who: source('actor'), what: source('target', { kind: { column: 'target_type' } }) };
    const given = { actor: '7', target: '7' };
    expect(body(attributes, { ...given, target_type: 'user' })).toMatchObject({
      who: of('7'),
      what: of('7'),
    });
    expect(body(attributes, { ...given, target_type: 'Sales "Lead"' })).toMatchObject({
      what: of('7', 'Sales "Lead"'),
    });
    expect(body(attributes, given)).toMatchObject({ what: of('7', '') });
  });

  test('is made of each element of an array', () => {
    const who = source('members', { label: 'labels' });
    const made = body({ who }, { members: `{a,"b, \\"c\\"",NULL,ü}` });
    const ids = ['a', 'b, "c"', null, 'ü'].map((text) => (text === null ? null : of(text)));
    expect(made).toMatchObject({ who: ids, labels: ids.map((id) => (id === null ? null : label(id))) });
    expect(body({ who }, { members: '{}' })).toMatchObject({ who: [] });
  });

  test.each([
    ['{"a": {"id": "7"}}', of('7')],
    ['{"a": {"id": 7}}', of('7')],
    ['{"a": {"id": 12345678901234567890.50}}', of('12345678901234567890.50')],
    ['{"a": {"id": true}}', of('true')],
    ['{"a": {"id": "ü \\u00fc \\"q\\" \\n"}}', of('ü ü "q" \n')],
    ['{"a": {"id": ""}}', of('')],
    ['{"a": {"id": null}}', null],
    ['{"a": {}}', null],
    ['{"a": {"id": []}}', []],
    ['{"a": {"id": ["7", 8 , null,"x, \\\\\\"]"]}, "b": 1}', [of('7'), of('8'), null, of('x, \\"]')]],
  ])('is made of what stands in %s', (data, expected) => {
    const made = body({ who: source('data', { path: 'a.id', label: 'l' }) }, { data });
    expect(made['who']).toEqual(expected);
    const labels = [expected].flat().map((id) => (id === null ? null : label(id)));
    expect([made['l']].flat()).toEqual(labels);
  });

  test.each(['{"a": {"id": "mallory"}}', '{"a": [["mallory"]]}', '{"a": ["x", {"id": "mallory"}]}'])(
    'of %s there is none, and the row is set aside without a word of it',
    (data) => {
      const attributes = { id: 'id', who: source('data', { path: 'a' }) };
      const step = unfit(relation, row({ data }), { table: { attributes, pseudonyms: one }, types });
      expect(step.problem).toBe('unreadable-value');
      expect(step.message).toContain('attribute "who" is a pseudonym, and finds a document');
      expect(JSON.stringify([step.message, step.record])).not.toContain('mallory');
    },
  );

  test('stands in a template, with its label nowhere', () => {
    const made = body(
      {
        who: source('actor', { label: 'who_label' }),
        inside: source('data', { path: 'ids' }),
        text: { template: parseTemplate('{who} did[ with {inside}]') },
      },
      { actor: SECRET, data: '{"ids": ["7", "8"]}' },
    );
    expect(made['text']).toBe(`${of(SECRET)} did with ["${of('7')}","${of('8')}"]`);
    expect(body({ who: source('actor'), text: { template: parseTemplate('x{who}') } }, {})).toMatchObject({
      text: null,
    });
  });

  test('stands in the body of a row that has no objectID', () => {
    const table = { objectID: ['target'], attributes: { who: source('actor') }, pseudonyms: one };
    const step = unfit(relation, row({ actor: SECRET }), { table, types });
    expect(step.problem).toBe('no-object-id');
    expect(JSON.parse(step.record ?? '')).toMatchObject({ who: of(SECRET) });
  });

  test('of a text that is larger than a record is none', () => {
    const attributes = { id: 'id', who: source('actor') };
    const options = { recordBytesMax: 500, table: { attributes, pseudonyms: one }, types };
    expect(unfit(relation, row({ actor: SECRET.repeat(30) }), options).problem).toBe('too-large');
    expect(inserted(relation, row({ actor: 'x'.repeat(500) }), options)[0]?.body).toMatchObject({
      who: of('x'.repeat(500)),
    });
  });

  test('waits for columns that did not travel: its text, its kind, the time', () => {
    const what = source('target', { kind: { column: 'target_type' } });
    for (const missing of ['target', 'target_type', 'at']) {
      const given: Row = {
        target: '7',
        target_type: 'user',
        at: '2026-01-01 00:00:00+00',
        [missing]: UNCHANGED,
      };
      const table = { attributes: { id: 'id', what }, pseudonyms: two('at') };
      const steps = insertedSteps(relation, row(given), { table, types });
      expect(steps.map(({ kind }) => kind)).toEqual(['refresh']);
    }
  });

  test('is the same after ten thousand others', () => {
    const table = { attributes: { id: 'id', who: source('actor') }, pseudonyms: one };
    const encoder = encoderOf(relation, { table, types });
    for (let round = 0; round < 2; round++) {
      for (let number = 0; number < 10_000; number += 1) {
        const into: unknown[] = [];
        encoder.insert(
          { tag: 'insert', relation, new: tupleOf(...row({ actor: `user ${number}` })) },
          shared,
          into as never,
        );
        if (number % 997 !== 0) continue;
        const [operation] = into as { bytes: Buffer; start: number; end: number }[];
        const json = operation?.bytes.toString('utf8', operation.start, operation.end);
        expect(json).toContain(of(`user ${number}`));
      }
    }
  });
});

describe('what does not fit is refused', () => {
  test.each<[string, Record<string, unknown>, Parameters<typeof body>[2]]>([
    ['"who" is a pseudonym, and there is no key for it', { who: source('actor') }, 'no key'],
    ['"who" is a pseudonym of a whole document', { who: source('data') }, one],
    ['"who" has a path, but its column is neither', { who: source('actor', { path: 'a' }) }, one],
    ['attributes.who names the column "nobody"', { who: source('nobody') }, one],
    ['attributes.who names the column "k"', { who: source('actor', { kind: { column: 'k' } }) }, one],
    [
      'the column "actor", which says by which key pseudonyms are made, holds neither',
      { who: source('target') },
      two('actor'),
    ],
    [
      'the column "when", which says by which key pseudonyms are made, is not published',
      { who: source('target') },
      two('when'),
    ],
    [
      '"at_ms" is both an attribute and the milliseconds of "at"',
      { at: 'at', who: source('actor', { label: 'at_ms' }) },
      one,
    ],
  ])('%s', (message, attributes, pseudonyms) => {
    expect(thrown(() => body(attributes, {}, pseudonyms)).message).toContain(message);
  });
});

test('it is an id, and its label a text', () => {
  const attributes = { who: source('actor', { label: 'who_label' }), what: source('target') };
  const table = { index: 'i', objectID: ['id'], attributes, pseudonyms: one };
  expect(describeAttributes({ relation, table, qualifiedName: 'a.b', types })).toEqual([
    { name: 'who', kind: 'id', isKey: false },
    { name: 'who_label', kind: 'text', isKey: false },
    { name: 'what', kind: 'id', isKey: false },
  ]);
});

test('documents of which it is a part come whole when they are read again', () => {
  const attributes = { who: source('actor'), by: source('data', { path: 'by' }) };
  expect([...documentColumns({ attributes })]).toEqual(['data']);
});

import { describe, expect, test } from 'vitest';
import { RecordError } from '../../../src/errors.ts';
import { INT8, inserted, TIMESTAMPTZ } from './record-encoder-case.ts';
import { relationOf } from './tuples.ts';

describe('the objectID', () => {
  test.each([
    [INT8, '-12', '-12'],
    [INT8, '9223372036854775807', '9223372036854775807'],
    [INT8, '0', '0'],
    [25, 'a:b%"\\é', 'a:b%"\\é'],
    [TIMESTAMPTZ, '2026-11-23 21:12:23+00', '2026-11-23 21:12:23+00'],
  ])('of one column is its text as Postgres prints it', (oid, text, objectID) => {
    const relation = relationOf({ id: oid });
    const [operation] = inserted(relation, [text]);
    expect(operation?.objectID).toBe(objectID);
    expect(operation?.body?.['objectID']).toBe(objectID);
  });

  test('of several columns is joined by colons, its parts encoded, so that no two keys share one', () => {
    const relation = relationOf({ id: INT8, kind: 25 });
    const table = { objectID: ['kind', 'id'] };
    expect(inserted(relation, ['7', 'a:b'], { table })[0]?.objectID).toBe('a%3Ab:7');
    expect(inserted(relation, ['7', '100%3A'], { table })[0]?.objectID).toBe('100%253A:7');
    expect(inserted(relation, ['7', ''], { table })[0]?.objectID).toBe(':7');
    expect(inserted(relation, ['7', ':'.repeat(500)], { table })[0]?.body?.['objectID']).toBe(
      `${'%3A'.repeat(500)}:7`,
    );
  });

  test('begins with the prefix, however long', () => {
    const prefix = 'é"'.repeat(200);
    const table = { objectIDPrefix: prefix };
    const [operation] = inserted(relationOf({ id: INT8 }), ['12'], { table });
    expect(operation?.objectID).toBe(`${prefix}12`);
    expect(operation?.body?.['objectID']).toBe(`${prefix}12`);
  });

  test('is never empty, nor made of NULL, nor of more than a record may hold', () => {
    const relation = relationOf({ id: 25, kind: 25 });
    expect(() => inserted(relation, [null, 'x'])).toThrow(RecordError);
    expect(() => inserted(relation, ['', 'x'])).toThrow(RecordError);
    expect(() => inserted(relation, ['x'.repeat(10_001), 'x'])).toThrow(RecordError);
    expect(() => inserted(relation, ['1', null], { table: { objectID: ['id', 'kind'] } })).toThrow(
      /"kind".* NULL.*0\/1776B48/,
    );
  });
});

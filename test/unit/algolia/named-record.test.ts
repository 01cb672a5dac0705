import { expect, test } from 'vitest';
import { namedRecord } from '../../../src/algolia/named-record.ts';

const page = 'Please have a look at https://www.algolia.com/doc/x';
const message = `Record at the position 729 objectID=a b:c is too big size=12822/10000 bytes. ${page}`;

test('both shapes of a refusal name the record', () => {
  const fields = JSON.stringify({ message, status: 400, position: 729, objectID: 'a b:c' });
  expect(namedRecord(message, fields)).toEqual({ position: 729, objectID: 'a b:c' });
  expect(namedRecord(message, JSON.stringify({ message, status: 400 }))).toEqual({
    position: 729,
    objectID: 'a b:c',
  });
  expect(namedRecord('invalid value for objectID=17', '')).toEqual({ position: undefined, objectID: '17' });
});

test.each([
  ['a message without a name', 'Invalid object attributes near line:1 column:80', '{"status":400}'],
  ['no JSON', 'Bad Request', '<html>'],
  ['JSON that is no object', 'Bad Request', '[1]'],
  ['fields of other types', 'Bad Request', '{"position":"x","objectID":7}'],
])('%s names none', (_, text, body) => {
  expect(namedRecord(text, body)).toEqual({ position: undefined, objectID: undefined });
});

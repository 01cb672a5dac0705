import { expect, test } from 'vitest';
import { readBatch, readObject } from '../../../../src/local/algolia/batch-request.ts';

const read = (body: string | Buffer, recordBytesMax = 10_000, infrastructure: 'old' | 'new' = 'old') =>
  readBatch(Buffer.from(body), { recordBytesMax, infrastructure });
const request = (action: string, body?: string) =>
  `{"action":"${action}"${body === undefined ? '' : `,"body":${body}`}}`;
const change = (operation: string) =>
  request('partialUpdateObjectNoCreate', `{"objectID":"a","n":${operation}}`);
const batch = (...requests: string[]) => `{"requests":[${requests.join(',')}]}`;

test('each action becomes its operation, in order, with the bytes of its record', () => {
  const record = '{"objectID":"a","n":123456789012345678901234567890, "t":"\\u00e9ü"}';
  const entries = read(
    batch(
      request('addObject', record),
      request('updateObject', record),
      request('partialUpdateObject', record),
      request('partialUpdateObjectNoCreate', record),
      request('deleteObject', '{"objectID":"a"}'),
      request('clear'),
      request('delete', '{}'),
    ),
  );
  const text = Buffer.from(record);
  expect(entries.map(({ operation }) => operation)).toEqual([
    { kind: 'set', objectID: 'a', record: text },
    { kind: 'set', objectID: 'a', record: text },
    { kind: 'merge', objectID: 'a', record: text, create: true },
    { kind: 'merge', objectID: 'a', record: text, create: false },
    { kind: 'delete', objectID: 'a' },
    { kind: 'clear' },
    { kind: 'drop' },
  ]);
});

test('an integer objectID becomes a string, a missing one is made up by addObject alone', () => {
  const [seven, made] = read(
    batch(request('updateObject', '{"n":1,"objectID":7}'), request('addObject', '{"n":1}')),
  );
  expect(seven?.objectID).toBe('7');
  expect(seven?.operation).toMatchObject({ record: Buffer.from('{"objectID":"7","n":1}') });
  expect(made?.objectID).toMatch(/^[0-9a-f]{20}$/);
  expect(made?.operation).toMatchObject({ record: Buffer.from(`{"objectID":"${made?.objectID}","n":1}`) });
});

test('line breaks between members become blanks, for the log has a record a line', () => {
  const [entry] = read(
    '{\n"requests": [\r\n{"action": "updateObject",\n"body": {\n"objectID": "a\\nb"\n}}]}\n',
  );
  expect(entry?.objectID).toBe('a\nb');
  expect(entry?.operation).toMatchObject({ record: Buffer.from('{ "objectID": "a\\nb" }') });
});

test('the last of members of the same name counts, as it does for JSON.parse', () => {
  const [entry] = read(
    '{"requests":[],"requests":[{"action":"clear","action":"updateObject","body":1,"body":{"objectID":"b"}}]}',
  );
  expect(entry?.operation).toMatchObject({ kind: 'set', record: Buffer.from('{"objectID":"b"}') });
});

test.each([
  ['{"requests":[}', 'Invalid JSON'],
  ['', 'Invalid JSON near line:1 column:1'],
  ['{"requests":\n[1 2]}', 'near line:2 column:4'],
  ['[]', 'Missing or invalid "requests" attribute'],
  ['{"requests":{}}', 'Missing or invalid "requests" attribute'],
  [batch('1'), 'Invalid request'],
  [batch(request('upsert', '{"objectID":"a"}')), 'Invalid action: upsert'],
  [batch(request('toString', '{"objectID":"a"}')), 'Invalid action: toString'],
  [batch(request('updateObject')), 'Missing or invalid "body"'],
  [
    batch(request('updateObject', '{"n":1}')),
    "The 'objectID' attribute is required to use action=updateObject near line:1 column:14",
  ],
  [batch(request('deleteObject', '{}')), "The 'objectID' attribute is required to use action=deleteObject"],
  [batch(request('partialUpdateObject', '{"a":1}')), "The 'objectID' attribute is required"],
  [batch(request('addObject', '{"objectID":{}}')), 'Invalid object attributes'],
  [batch(request('addObject', '{"objectID":1.5}')), 'Invalid object attributes'],
  [batch(request('addObject', '{"objectID":""}')), 'Invalid object attributes'],
  [batch(change('{"_operation":"Multiply","value":2}')), 'Invalid _operation'],
  [batch(change('{"_operation":"toString","value":2}')), 'Invalid _operation'],
  [batch(change('{"_operation":null}')), 'Invalid _operation'],
  [batch(change('{"_operation":"Increment"}')), 'Invalid value for the _operation Increment'],
  [batch(change('{"_operation":"Decrement","value":"1"}')), 'Invalid value'],
  [batch(change('{"_operation":"Increment","value":1e400}')), 'Invalid value'],
  [batch(change('{"_operation":"IncrementSet","value":1.5}')), 'Invalid value'],
  [batch(change('{"_operation":"IncrementFrom","value":null}')), 'Invalid value'],
  [batch(change('{"_operation":"Add","value":["x"]}')), 'Invalid value'],
])('refuses %s', (body, message) => {
  expect(() => read(body)).toThrow(
    expect.objectContaining({ status: 400, message: expect.stringContaining(message) }),
  );
});

test('bytes that are no UTF-8 are refused', () => {
  expect(() => read(Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x7d]))).toThrow('not UTF-8');
});

test('nothing of a record is repeated when its JSON is wrong', () => {
  expect(() => read('{"requests":[{"action":"addObject","body":{"mail":secret@example.com}}]}')).toThrow(
    expect.objectContaining({ message: expect.not.stringContaining('secret') }),
  );
});

test('size is that of the UTF-8 text; one byte too many refuses the batch and names the record', () => {
  const ok = '{"objectID":"ok","t":"üü"}';
  const big = '{"objectID":"big","t":"üü"}';
  const limit = Buffer.byteLength(ok);
  expect(big.length).toBeLessThan(limit);
  expect(read(batch(request('addObject', ok)), limit)).toHaveLength(1);
  expect(() => read(batch(request('addObject', ok), request('addObject', big)), limit)).toThrow(
    expect.objectContaining({
      status: 400,
      fields: { position: 1, objectID: 'big' },
      message: expect.stringContaining(
        `Record at the position 1 objectID=big is too big size=${limit + 1}/${limit} bytes. Please have a look at https://`,
      ),
    }),
  );
});

test('on the new infrastructure the place of a record that is too big stands in the message alone', () => {
  const refuse = () => read(batch(request('addObject', '{"objectID":"big"}')), 5, 'new');
  expect(refuse).toThrow(
    expect.objectContaining({
      status: 400,
      fields: {},
      message: expect.stringContaining('Record at the position 0 objectID=big is too big'),
    }),
  );
});

test('a single object takes its id from the path', () => {
  const put = readObject('updateObject', Buffer.from('\n{"objectID":"other", "n":1}'), 'mine', {
    recordBytesMax: 1000,
    infrastructure: 'old',
  });
  expect(put).toMatchObject({
    objectID: 'mine',
    operation: { record: Buffer.from('{"objectID":"mine","n":1}') },
  });
  const same = readObject('updateObject', Buffer.from('{"n":1.0,"objectID":"mine"}'), 'mine', {
    recordBytesMax: 1000,
    infrastructure: 'old',
  });
  expect(same.operation).toMatchObject({ record: Buffer.from('{"n":1.0,"objectID":"mine"}') });
});

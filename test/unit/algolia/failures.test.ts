import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import {
  algoliaFailure,
  RefusedError,
  TooLargeError,
  TransientError,
} from '../../../src/algolia/failures.ts';
import { IndexRefusedError, UnavailableError } from '../../../src/errors.ts';

const SECRET = 'jane@corp.example';

type Answer = { status: number; isTimedOut?: boolean; content?: string; headers?: Record<string, string> };

/** An error as version 5.64 of the client builds it, body and all. */
function clientError(name: string, answer: Answer, status?: number): Error {
  const request = { data: `{"requests":["${SECRET}"]}`, headers: { 'x-algolia-api-key': '*****' } };
  const response = { isTimedOut: false, content: `{"message":"${SECRET}"}`, ...answer };
  const error = Object.assign(new Error(`${SECRET} is not valid, objectID=${SECRET}`), {
    stackTrace: [{ request, response, triesLeft: 0 }],
    correlationId: 'abc-123',
    ...(status === undefined ? {} : { status }),
  });
  error.name = name;
  return error;
}

const apiError = (status: number, headers = {}) => clientError('ApiError', { status, headers }, status);
const classify = (error: unknown) => algoliaFailure(error, 'writing', Date.parse('2026-11-23T21:00:00Z'));

test.each([
  { error: apiError(408), status: 408, outcomeUnknown: false },
  { error: apiError(429, { 'retry-after': '3' }), status: 429, outcomeUnknown: false, retryAfterMs: 3_000 },
  { error: clientError('DetailedApiError', { status: 429 }, 429), status: 429, outcomeUnknown: false },
  { error: clientError('RetryError', { status: 500 }), status: 500, outcomeUnknown: true },
  { error: clientError('RetryError', { status: 502 }), status: 502, outcomeUnknown: true },
  {
    error: clientError('RetryError', {
      status: 503,
      headers: { 'retry-after': 'Mon, 23 Nov 2026 21:00:05 GMT' },
    }),
    status: 503,
    outcomeUnknown: false,
    retryAfterMs: 5_000,
  },
  { error: clientError('RetryError', { status: 504 }), status: 504, outcomeUnknown: true },
  {
    error: clientError('RetryError', { status: 0, isTimedOut: true, content: 'Connection timeout' }),
    outcomeUnknown: true,
  },
  { error: clientError('RetryError', { status: 0, content: 'read ECONNRESET' }), outcomeUnknown: true },
  { error: clientError('RetryError', { status: 0, content: 'socket hang up' }), outcomeUnknown: true },
  {
    error: clientError('RetryError', { status: 0, content: 'connect ECONNREFUSED 127.0.0.1:1' }),
    outcomeUnknown: false,
  },
  {
    error: clientError('RetryError', { status: 0, content: 'getaddrinfo ENOTFOUND nowhere' }),
    outcomeUnknown: false,
  },
  { error: clientError('RetryError', { status: 0, content: '' }), outcomeUnknown: false },
  { error: Object.assign(new Error(SECRET), { name: 'DeserializationError' }), outcomeUnknown: true },
])('$error.name, $status: transient, outcome unknown: $outcomeUnknown', ({ error, ...expected }) => {
  const failure = classify(error);
  expect(failure).toBeInstanceOf(TransientError);
  expect(failure).toBeInstanceOf(UnavailableError);
  expect(failure).toMatchObject({ status: undefined, retryAfterMs: undefined, ...expected });
});

test.each([400, 401, 402, 403, 404, 409, 415, 422, 451])('%i is a refusal with a remedy', (status) => {
  const failure = classify(apiError(status));
  expect(failure).toBeInstanceOf(RefusedError);
  expect(failure).toBeInstanceOf(IndexRefusedError);
  expect(failure).not.toBeInstanceOf(TooLargeError);
  expect(failure).toMatchObject({ status, remedy: expect.stringMatching(/\w+/) });
  expect((failure as Error).message).toContain(`refused with ${status}`);
});

test('413 is told from the other refusals', () => {
  expect(classify(apiError(413))).toBeInstanceOf(TooLargeError);
});

test('nothing of the request, the answer or the message stays in the error or its cause', () => {
  for (const error of [apiError(400), apiError(429), clientError('RetryError', { status: 500 })]) {
    const shown = inspect(classify(error), { depth: 20, showHidden: true });
    expect(shown).toContain('abc-123');
    expect(shown).not.toContain(SECRET);
    expect(shown).not.toContain('jane');
    expect(shown).not.toContain('requests');
  }
});

test('what the client did not throw passes as it is', () => {
  const bug = new TypeError('x is not a function');
  expect(classify(bug)).toBe(bug);
  expect(classify('text')).toBe('text');
});

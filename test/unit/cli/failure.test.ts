import { expect, it } from 'vitest';
import { tellFailure } from '../../../src/cli/failure.ts';
import {
  EXIT,
  GapError,
  PreconditionError,
  SessionLostError,
  ShutdownDeadlineError,
} from '../../../src/errors.ts';

function told(error: unknown, LOG_LEVEL = 'info'): { code: number; text: string } {
  const written: string[] = [];
  const stderr = { write: (text: string) => written.push(text) };
  const code = tellFailure(error, { stderr, environment: { LOG_LEVEL } });
  return { code, text: written.join('') };
}

it('says what is wrong and what to do, and ends with the code of the error', () => {
  expect(told(new PreconditionError('wal_level is replica', { remedy: 'Set it.' }))).toEqual({
    code: EXIT.configuration,
    text: 'error: wal_level is replica\n  remedy: Set it.\n',
  });
  expect(told(new GapError('slot is lost')).code).toBe(EXIT.gap);
  expect(told(new ShutdownDeadlineError('too slow')).code).toBe(EXIT.deadline);
});

it('says of what is out of reach that it can be tried again, where nothing else is said', () => {
  expect(told(new SessionLostError('connection lost'))).toEqual({
    code: EXIT.unavailable,
    text: 'error: connection lost\n  remedy: Run it again once Postgres and Algolia can be reached.\n',
  });
  expect(told(new SessionLostError('connection lost', { remedy: 'Wait.' })).text).toMatch(
    /remedy: Wait\.\n$/,
  );
});

it('calls what nobody expected a defect, without a stack', () => {
  const { code, text } = told(new TypeError('x is not a function'));
  expect(code).toBe(EXIT.bug);
  expect(text).toContain('error: unexpected failure: TypeError: x is not a function');
  expect(text).not.toMatch(/^\s+at /m);
  expect(told('text').code).toBe(EXIT.bug);
});

it('shows the stack and the causes when debugging', () => {
  const cause = new Error('the deepest', { cause: new Error('the very deepest') });
  const { text } = told(new PreconditionError('outer', { cause }), 'debug');
  expect(text).toContain('failure.test.ts');
  expect(text).toContain('caused by Error: the deepest');
  expect(text).toContain('caused by Error: the very deepest');
});

it('survives a cause in a circle', () => {
  const error = new Error('round');
  error.cause = error;
  expect(told(error, 'trace').code).toBe(EXIT.bug);
});

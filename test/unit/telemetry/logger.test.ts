import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { Secret } from '../../../src/config/secret.ts';
import { PreconditionError } from '../../../src/errors.ts';
import { parseLsn } from '../../../src/lsn.ts';
import { createLogger, type Logger } from '../../../src/telemetry/logger.ts';

type Level = Parameters<typeof createLogger>[0]['level'];

/** What one call writes, as text. */
function logged(log: (logger: Logger) => void, level: Level = 'info'): string {
  let text = '';
  const destination = {
    write: (line: string) => {
      text += line;
    },
  };
  log(createLogger({ level, destination, fields: { slot: 's' } }));
  return text;
}

const parsed = (text: string): unknown => JSON.parse(text);

it('writes one JSON object per line, with the time, the level, common fields and LSNs as Postgres prints them', () => {
  const text = logged((logger) => logger.info({ lsn: parseLsn('16/B374D848'), records: 3 }, 'batch written'));
  expect(text.endsWith('}\n')).toBe(true);
  expect(parsed(text)).toEqual({
    level: 'info',
    time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
    slot: 's',
    lsn: '16/B374D848',
    records: 3,
    message: 'batch written',
  });
});

it('leaves out what is below its level', () => {
  expect(logged((logger) => logger.debug({}, 'detail'))).toBe('');
  expect(logged((logger) => logger.debug({}, 'detail'), 'debug')).not.toBe('');
  expect(logged((logger) => logger.fatal({}, 'end'), 'silent')).toBe('');
});

describe('secrets', () => {
  it.each([
    'apiKey',
    'url',
    'password',
    'connectionString',
    'authorization',
    'adminKey',
    'x-algolia-api-key',
  ])('redacts %s at three levels', (name) => {
    const secret = { [name]: 'hunter2' };
    const text = logged((logger) =>
      logger.info({ ...secret, one: secret, two: { deeper: secret } }, 'event'),
    );
    expect(text).not.toContain('hunter2');
    expect(text.match(/\[redacted\]/g)).toHaveLength(3);
  });

  it('redacts what is wrapped, wherever it is', () => {
    const config = { a: { b: { c: { d: new Secret('hunter2') } } } };
    expect(logged((logger) => logger.info({ config }, 'event'))).toContain('[redacted]');
    expect(logged((logger) => logger.info({ config }, 'event'))).not.toContain('hunter2');
  });
});

describe('errors', () => {
  /** As pg and the Algolia client make them: with everything in further fields. */
  const leaky = (message: string, more: object = {}): Error =>
    Object.assign(new Error(message), {
      detail: 'Key (email)=(hunter2) already exists.',
      where: 'hunter2',
      request: { data: 'hunter2', headers: { key: 'hunter2' } },
      stackTrace: [{ request: { data: 'hunter2' } }],
      ...more,
    });

  it('tells name, message, code, status, remedy and the same of the causes, and no other field', () => {
    const error = new PreconditionError('key is refused', {
      remedy: 'Get another.',
      cause: leaky('forbidden', { status: 403, code: 'E1', cause: leaky('deepest', { code: '23505' }) }),
    });
    const text = logged((logger) => logger.error({ error }, 'stopped'));
    expect(text).not.toContain('hunter2');
    expect(parsed(text)).toMatchObject({ level: 'error', message: 'stopped' });
    expect((parsed(text) as { error: unknown }).error).toEqual({
      name: 'PreconditionError',
      message: 'key is refused',
      code: 'PRECONDITION',
      remedy: 'Get another.',
      cause: {
        name: 'Error',
        message: 'forbidden',
        code: 'E1',
        status: 403,
        cause: { name: 'Error', message: 'deepest', code: '23505' },
      },
    });
  });

  it('takes passwords out of URLs that a message quotes', () => {
    const error = new Error(
      'cannot reach postgres://app:hunter2@db:5432/x nor postgres://app:p@hunter2@db/y',
    );
    const text = logged((logger) => logger.error({ error }, 'stopped'));
    expect(text).not.toContain('hunter2');
    expect(text).toContain('postgres://app:[redacted]@db:5432/x');
  });

  it('shows frames when debugging, without what a stack repeats of the message', () => {
    const error = leaky('first line\nhunter2 on the second');
    error.message = 'short';
    const text = logged((logger) => logger.error({ error }, 'stopped'), 'debug');
    expect(text).toContain('logger.test.ts');
    expect(text).not.toContain('hunter2');
    expect(logged((logger) => logger.error({ error }, 'stopped'))).not.toContain('logger.test.ts');
  });

  it('survives causes in a circle, things that are no errors, and errors of several addresses', () => {
    const circle = new Error('round');
    circle.cause = circle;
    expect(logged((logger) => logger.error({ error: circle }, 'stopped'))).toContain('round');
    expect(logged((logger) => logger.error({ error: { password: 'hunter2' } }, 'stopped'))).not.toContain(
      'hunter2',
    );
    const several = new AggregateError([new Error('refused by ::1'), new Error('refused by 127.0.0.1')]);
    expect(logged((logger) => logger.error({ error: several }, 'stopped'))).toContain(
      'refused by ::1; refused by 127',
    );
  });

  it('is not fooled by the default printing of an error', () => {
    // What would be in the log without the serializer.
    expect(inspect(leaky('x'))).toContain('hunter2');
  });
});

import { type DestinationStream, destination as fileDestination, pino, stdTimeFunctions } from 'pino';
import { formatLsn, type Lsn } from '../lsn.ts';
import { errorFields } from './error-fields.ts';

type LogMethod = (fields: LogFields, message: string) => void;

/** Fields of one event: LSNs as they are, durations with their unit in the name, an error under `error`. Never row values. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Messages are events in lower case, "session opened"; what varies goes into the fields. */
export type Logger = {
  readonly fatal: LogMethod;
  readonly error: LogMethod;
  readonly warn: LogMethod;
  readonly info: LogMethod;
  readonly debug: LogMethod;
  readonly trace: LogMethod;
};

export type LoggerOptions = {
  readonly level: Level;
  /** On every line. */
  readonly fields?: LogFields;
  /** Standard error unless given: standard output belongs to what a command prints. */
  readonly destination?: DestinationStream;
};

type Level = 'fatal' | 'error' | 'warn' | 'info' | 'debug' | 'trace' | 'silent';

const SECRET_NAMES = [
  'apiKey',
  'adminKey',
  'searchKey',
  'secret',
  'authorization',
  'connectionString',
  'databaseUrl',
  'password',
  'postgresUrl',
];

/**
 * A second net under the `Secret` class: names that carry secrets are redacted at the first three levels of the fields, and so is a
 * bare `url`, which in this program is that of the database. https://github.com/pinojs/pino/blob/main/docs/redaction.md
 */
const REDACTED_PATHS = [...SECRET_NAMES, 'url', '["x-algolia-api-key"]'].flatMap((name) => {
  const tail = name.startsWith('[') ? name : `.${name}`;
  return [name, `*${tail}`, `*.*${tail}`];
});

/** One JSON object per line. Lines are written at once, so that none is lost when the process ends. */
export function createLogger({ level, fields = {}, destination }: LoggerOptions): Logger {
  const withStack = level === 'debug' || level === 'trace';
  return pino(
    {
      level,
      base: fields,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }), log: printable },
      redact: { paths: REDACTED_PATHS, censor: '[redacted]' },
      errorKey: 'error',
      messageKey: 'message',
      serializers: { error: (error: unknown) => errorFields(error, withStack) },
    },
    destination ?? fileDestination({ fd: 2, sync: true }),
  );
}

/** LSNs as Postgres prints them: the only bigints that are logged. */
function printable(fields: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      typeof value === 'bigint' ? formatLsn(value as Lsn) : value,
    ]),
  );
}

import { LOG_LEVEL_VARIABLE } from './variables.ts';

export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

export type Environment = Readonly<Record<string, string | undefined>>;

/** `LOG_LEVEL` for those who need it without a configuration; `info` when it is not set or no level. */
export function readLogLevel(environment: Environment = process.env): LogLevel {
  return LOG_LEVELS.find((level) => level === environment[LOG_LEVEL_VARIABLE]) ?? 'info';
}

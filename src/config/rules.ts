import { OWN_SCHEMA } from '../own-schema.ts';

/** Each rule completes "expected ..." for a value that breaks it, without repeating the value: it may hold a password. */

/** `postgresql://` is the other spelling. https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING-URIS */
export function postgresUrlProblem(url: string): string | undefined {
  if (!/^postgres(ql)?:\/\//.test(url)) return 'a URL that begins with postgres://';
  if (/^[^/]*\/\/[^/?]*,/.test(url)) return 'a URL with one host: several are not supported';
  if (postgresRole(url) === undefined)
    return 'a valid postgres:// URL (in user and password, characters such as : / ? # @ % are written as %3A %2F %3F %23 %40 %25)';
  return undefined;
}

/** The role that the URL names, empty when it names none; undefined when it is no URL. */
export function postgresRole(url: string): string | undefined {
  // Without a host, as for a socket, it is a URL to Postgres but not to the parser.
  const parsable = url.replace(/^([^/]*\/\/[^/?]*@)(?=[/?]|$)/, '$1localhost');
  if (!URL.canParse(parsable)) return undefined;
  const { username, password, searchParams } = new URL(parsable);
  try {
    decodeURIComponent(password);
    return searchParams.get('user') ?? decodeURIComponent(username);
  } catch {
    return undefined;
  }
}

export function hostProblem(text: string): string | undefined {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol))
    return 'a URL that begins with http:// or https://';
  const more =
    url.username + url.password + url.search + url.hash + (url.pathname === '/' ? '' : url.pathname);
  return more === '' ? undefined : 'no more than scheme, host and port, as in http://127.0.0.1:7700';
}

/** In Postgres's protocol a text ends there. */
export function sqlProblem(sql: string): string | undefined {
  return sql.includes('\0') ? 'a text without the character U+0000' : undefined;
}

/** Those two would be read as parts of a path. */
export function indexProblem(name: string): string | undefined {
  if (name === '.' || name === '..') return 'a name other than . and ..';
  return Buffer.byteLength(name) > 256 ? 'a name of at most 256 bytes' : undefined;
}

export function timeZoneProblem(name: string): string | undefined {
  const expected = 'an IANA time zone such as "Europe/Berlin"';
  // Newer engines take offsets as well, which say nothing of summer time.
  if (/^[+-]/.test(name)) return expected;
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return undefined;
  } catch {
    return expected;
  }
}

const PATH_PARTS_MAX = 32;

/** Each part is a key, or in a list a position. */
export function jsonPathProblem(path: string): string | undefined {
  const parts = path.split('.');
  if (parts.includes('')) return 'keys and positions with one dot between them, such as "items.0.name"';
  return parts.length > PATH_PARTS_MAX ? `at most ${PATH_PARTS_MAX} keys and positions` : undefined;
}

const RESERVED = new Set(['objectID', 'wal', 'source_table']);

export function attributeNameProblem(name: string): string | undefined {
  if (name === '') return 'a name that is not empty';
  if (RESERVED.has(name)) return `another name: "${name}" is set by the pipeline`;
  if (name.startsWith('_')) return 'another name: those that begin with _ belong to Algolia';
  return undefined;
}

export function tableNameProblem(name: string): string | undefined {
  const dot = name.indexOf('.');
  if (name.startsWith(`${OWN_SCHEMA}.`)) return `a table outside ${OWN_SCHEMA}, the pipeline's own schema`;
  if (dot > 0 && dot < name.length - 1) return undefined;
  return `a name as "schema.table"${dot === -1 && name !== '' ? `, for example "public.${name}"` : ''}`;
}

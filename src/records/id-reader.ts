import { ConfigError } from '../errors.ts';
import { JsonPath } from './json-path.ts';
import { checkJson, DOCUMENT_BYTES_MAX, isJson } from './path-encoder.ts';

/** The id in a value, given as Postgres's text in `source[start, end)`; undefined where there is none. */
export type IdReader = (source: Buffer, start: number, end: number) => string | undefined;

/** What is longer is no id: no index has room for it, however often a character has several bytes. */
const ID_BYTES_MAX = 10_000;

const QUOTE = 0x22;
const OPEN_LIST = 0x5b;
const OPEN_OBJECT = 0x7b;

export const readWholeId: IdReader = (source, start, end) =>
  end - start > ID_BYTES_MAX ? undefined : source.toString('utf8', start, end);

/** What `->>` gives of a text, a number, true or false; lists and objects are no ids. */
export function partIdReader(path: string, subject: string): IdReader {
  const part = new JsonPath(path, subject);
  return (source, start, end) => {
    if (end - start > DOCUMENT_BYTES_MAX || !part.find(source, start, end)) return undefined;
    const first = source[part.start];
    if (first === OPEN_LIST || first === OPEN_OBJECT || part.end - part.start > ID_BYTES_MAX)
      return undefined;
    const text = source.toString('utf8', part.start, part.end);
    if (first !== QUOTE) return text;
    if (!text.includes('\\')) return text.slice(1, -1);
    return JSON.parse(text) as string;
  };
}

/** Throws a ConfigError where values of the type cannot be ids. */
export function checkIdType(
  { oid, isList }: { readonly oid: number; readonly isList: boolean },
  path: string | undefined,
  subject: string,
): void {
  if (path !== undefined) checkJson(oid, subject);
  else if (isJson(oid)) {
    throw new ConfigError(`${subject} has a lookup, and its column is a json`, {
      remedy: 'say with `path` where the id stands in it, such as "actor.id"',
    });
  } else if (isList) {
    throw new ConfigError(`${subject} has a lookup, and its column is a list`, {
      remedy: 'name a column that holds one id',
    });
  }
}

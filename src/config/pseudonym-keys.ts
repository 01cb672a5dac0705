import { resolve } from 'node:path';
import type { Environment } from './log-level.ts';
import type { Path, Problem } from './problems.ts';
import type { PseudonymKeySource } from './pseudonym-schema.ts';
import { Secret } from './secret.ts';
import { fileProblem, readSecretFile, VariableReader } from './variable-reader.ts';

/** From `fromMicros` on, in microseconds since 1970, until the next one. */
export type PseudonymKey = { readonly id: string; readonly fromMicros: number; readonly secret: Secret };

/** The one that `WAL2ALGOLIA_PSEUDONYM_KEY` gives. */
const ONLY_KEY = '1';
export const KEY_VARIABLE = 'WAL2ALGOLIA_PSEUDONYM_KEY';
const KEY_BYTES_MIN = 32;
const KEYS: Path = ['pseudonyms', 'keys'];

export type KeyPlaces = {
  readonly environment: Environment;
  /** Paths of files are relative to it. */
  readonly cwd: string;
};

/** Reads the keys, ascending, and adds what is wrong with them to `problems`, without a word of them; the others are left out. */
export function readPseudonymKeys(
  configured: readonly PseudonymKeySource[] | undefined,
  only: string | undefined,
  places: KeyPlaces,
  problems: Problem[],
): readonly PseudonymKey[] {
  const taken = configured?.some(({ variable }) => variable === KEY_VARIABLE) ?? false;
  if (configured !== undefined && only !== undefined && !taken) {
    const text = `set together with pseudonyms.keys: expected one of them, or a key there with the variable ${KEY_VARIABLE}`;
    problems.push({ path: [KEY_VARIABLE], text });
  }
  if (configured === undefined) {
    const secret = checkedKey(only, [KEY_VARIABLE], problems);
    return secret === undefined ? [] : [{ id: ONLY_KEY, fromMicros: Number.NEGATIVE_INFINITY, secret }];
  }
  return configured.flatMap((source, position) => {
    const { id, from: fromMicros = Number.NEGATIVE_INFINITY } = source;
    const place =
      source.file === undefined ? (source.variable === undefined ? 'secret' : 'variable') : 'file';
    const path = [...KEYS, position, place];
    const secret = checkedKey(readKey(source, path, places, problems), path, problems);
    return secret === undefined ? [] : { id, fromMicros, secret };
  });
}

function readKey(
  { file, variable, secret }: PseudonymKeySource,
  path: Path,
  { environment, cwd }: KeyPlaces,
  problems: Problem[],
): string | undefined {
  if (secret !== undefined) return secret.reveal();
  if (file !== undefined) {
    try {
      return readSecretFile(resolve(cwd, file));
    } catch (error) {
      problems.push({ path, text: fileProblem(error) });
      return undefined;
    }
  }
  const reader = new VariableReader(environment);
  const value = reader.read({ name: variable ?? '', secret: true });
  problems.push(...reader.problems);
  if (value === undefined && reader.problems.length === 0)
    problems.push({ path, text: `expected a variable that is set, or ${variable}_FILE in its place` });
  return value;
}

/** Its bytes are those of its text in UTF-8, so a file of other bytes would not be the key that it is meant to be. */
function checkedKey(text: string | undefined, path: Path, problems: Problem[]): Secret | undefined {
  if (text === undefined) return undefined;
  const expected = text.includes('\uFFFD')
    ? 'a key that is text in UTF-8, such as `openssl rand -base64 32` makes'
    : Buffer.byteLength(text) < KEY_BYTES_MIN
      ? `a key of at least ${KEY_BYTES_MIN} bytes, such as \`openssl rand -base64 32\` makes`
      : undefined;
  if (expected === undefined) return new Secret(text);
  problems.push({ path, text: `expected ${expected}` });
  return undefined;
}

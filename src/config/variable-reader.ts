import { readFileSync } from 'node:fs';
import type { Environment } from './log-level.ts';
import type { Problem } from './problems.ts';
import type { Variable } from './variables.ts';

/** Reads variables, secrets also from files, and collects what is wrong with them on the way. */
export class VariableReader {
  readonly problems: Problem[] = [];
  readonly #environment: Environment;

  constructor(environment: Environment) {
    this.#environment = environment;
  }

  /** An empty variable counts as not set, since that is how compose files and CI systems pass on what is missing. */
  read({ name, secret }: Pick<Variable, 'name' | 'secret'>): string | undefined {
    const value = this.#environment[name] || undefined;
    const path = secret ? this.#environment[`${name}_FILE`] || undefined : undefined;
    if (path === undefined) return value;
    if (value !== undefined) {
      this.problems.push({ path: [name], text: `set together with ${name}_FILE: expected one of them` });
      return value;
    }
    try {
      return readSecretFile(path);
    } catch (error) {
      this.problems.push({ path: [`${name}_FILE`], text: fileProblem(error) });
      return undefined;
    }
  }
}

/** Its text in UTF-8, without the newline that editors leave at the end. Throws the system's error. */
export function readSecretFile(path: string): string {
  return readFileSync(path, 'utf8').replace(/\r?\n$/, '');
}

export function fileProblem(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? ` (${String(error.code)})` : '';
  return `expected a file that can be read${code}`;
}

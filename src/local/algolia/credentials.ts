import type { ApiKey, Right } from './api-key.ts';
import { Refusal } from './refusal.ts';
import type { Parameters } from './search-parameters.ts';

/** Who asks: a key and what narrows it further. */
export type Credentials = {
  /** Of a secured key the parent, whose rights and indices it has. */
  readonly key: ApiKey;
  readonly isAdmin: boolean;
  readonly isSecured: boolean;
  /** Lists of names as in keys; an index must be in each that is not empty. */
  readonly indices: readonly (readonly string[])[];
  /** Search parameters that no request gets rid of. */
  readonly parameters: Parameters;
};

/** Throws a Refusal (403) when the key lacks the right, or has it for other indices only. */
export function checkRight(credentials: Credentials, right: Right, index?: string): void {
  if (!credentials.key.acl.includes(right)) throw methodNotAllowed();
  if (index !== undefined && !mayUse(credentials, index))
    throw new Refusal(403, 'Index not allowed with this API key');
}

export function checkAdmin(credentials: Credentials): void {
  if (!credentials.isAdmin) throw methodNotAllowed();
}

export function mayUse({ indices }: Credentials, index: string): boolean {
  return indices.every(
    (patterns) => patterns.length === 0 || patterns.some((pattern) => matches(pattern, index)),
  );
}

export function methodNotAllowed(): Refusal {
  return new Refusal(403, 'Method not allowed with this API key');
}

function matches(pattern: string, index: string): boolean {
  const core = pattern.replace(/^\*|\*$/g, '');
  if (pattern === '*') return true;
  if (pattern.startsWith('*') && pattern.endsWith('*')) return index.includes(core);
  if (pattern.startsWith('*')) return index.endsWith(core);
  return pattern.endsWith('*') ? index.startsWith(core) : index === pattern;
}

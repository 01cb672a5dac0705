import { Refusal } from './refusal.ts';

/** https://www.algolia.com/doc/guides/security/api-keys/#access-control-list-acl */
export type Right =
  | 'search'
  | 'browse'
  | 'addObject'
  | 'deleteObject'
  | 'deleteIndex'
  | 'settings'
  | 'editSettings'
  | 'listIndexes';

export type ApiKey = {
  readonly value: string;
  readonly acl: readonly Right[];
  /** Names of indices, with `*` at either end for "anything"; all indices when absent. */
  readonly indexes?: readonly string[];
  readonly description?: string;
};

const EVERY_RIGHT: readonly Right[] = [
  'search',
  'browse',
  'addObject',
  'deleteObject',
  'deleteIndex',
  'settings',
  'editSettings',
  'listIndexes',
];

/** The keys of one application. */
export class ApiKeys {
  readonly #appId: string;
  readonly #adminKey: string;
  readonly #keys: ReadonlyMap<string, ApiKey>;

  constructor(appId: string, adminKey: string, others: readonly ApiKey[]) {
    this.#appId = appId;
    this.#adminKey = adminKey;
    const admin = { value: adminKey, acl: EVERY_RIGHT, description: 'Admin API key' };
    this.#keys = new Map([admin, ...others].map((key) => [key.value, key]));
  }

  /** Throws a Refusal (403) for another application or an unknown key. */
  authenticate(appId: string | undefined, value: string | undefined): ApiKey {
    const key = appId === this.#appId && value !== undefined ? this.#keys.get(value) : undefined;
    if (key === undefined) throw new Refusal(403, 'Invalid Application-ID or API key');
    return key;
  }

  isAdmin(key: ApiKey): boolean {
    return key.value === this.#adminKey;
  }

  all(): ApiKey[] {
    return [...this.#keys.values()];
  }

  find(value: string): ApiKey {
    const key = this.#keys.get(value);
    if (key === undefined) throw new Refusal(404, 'Key does not exist');
    return key;
  }
}

/** Throws a Refusal (403) when the key lacks the right, or has it for other indices only. */
export function checkRight(key: ApiKey, right: Right, index?: string): void {
  if (!key.acl.includes(right)) throw new Refusal(403, 'Method not allowed with this API key');
  if (index !== undefined && !mayUse(key, index))
    throw new Refusal(403, 'Index not allowed with this API key');
}

export function mayUse(key: ApiKey, index: string): boolean {
  return (
    key.indexes === undefined ||
    key.indexes.length === 0 ||
    key.indexes.some((pattern) => matches(pattern, index))
  );
}

function matches(pattern: string, index: string): boolean {
  const core = pattern.replace(/^\*|\*$/g, '');
  if (pattern === '*') return true;
  if (pattern.startsWith('*') && pattern.endsWith('*')) return index.includes(core);
  if (pattern.startsWith('*')) return index.endsWith(core);
  return pattern.endsWith('*') ? index.startsWith(core) : index === pattern;
}

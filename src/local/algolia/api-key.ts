import { Refusal } from './refusal.ts';
import { isTextList } from './settings.ts';

/** https://www.algolia.com/doc/guides/security/api-keys/#access-control-list-acl */
export const RIGHTS = [
  'search',
  'browse',
  'addObject',
  'deleteObject',
  'deleteIndex',
  'settings',
  'editSettings',
  'listIndexes',
  'logs',
  'seeUnretrievableAttributes',
  'analytics',
  'recommendation',
  'usage',
  'personalization',
  'inference',
] as const;

export type Right = (typeof RIGHTS)[number];

/** What a key is made of, as the API takes it. */
export type KeyGrant = {
  readonly acl: readonly Right[];
  /** Names of indices, with `*` at either end for "anything"; all indices when absent or empty. */
  readonly indexes?: readonly string[];
  readonly description?: string;
  /** Seconds from its creation until the key is none any longer; 0 is for ever. */
  readonly validity?: number;
  /** URL-encoded search parameters that every search with the key gets, whatever it asks for. */
  readonly queryParameters?: string;
  /** These three are kept and shown; this server does not enforce them. */
  readonly maxHitsPerQuery?: number;
  readonly maxQueriesPerIPPerHour?: number;
  readonly referers?: readonly string[];
};

export type ApiKey = KeyGrant & {
  readonly value: string;
  /** The beginning of its validity; absent means the epoch. */
  readonly createdAtMs?: number;
};

export function isRight(name: string): name is Right {
  return (RIGHTS as readonly string[]).includes(name);
}

const isText = (value: unknown) => typeof value === 'string';
const isCount = (value: unknown) => Number.isSafeInteger(value) && Number(value) >= 0;
const isAcl = (value: unknown) => isTextList(value) && value.every(isRight);

const ATTRIBUTES: Readonly<Record<keyof KeyGrant, (value: unknown) => boolean>> = {
  acl: isAcl,
  indexes: isTextList,
  description: isText,
  validity: isCount,
  queryParameters: isText,
  maxHitsPerQuery: isCount,
  maxQueriesPerIPPerHour: isCount,
  referers: isTextList,
};

/** Throws a Refusal (400) on wrong values, and on unknown names: a restriction misspelt would be none. */
export function readKeyGrant(given: Readonly<Record<string, unknown>>): KeyGrant {
  if (!isAcl(given['acl'])) throw new Refusal(400, 'Missing or invalid "acl" attribute');
  for (const [name, value] of Object.entries(given)) {
    if (!Object.hasOwn(ATTRIBUTES, name)) throw new Refusal(400, `Unknown attribute "${name}" of an API key`);
    if (!ATTRIBUTES[name as keyof KeyGrant](value)) throw new Refusal(400, `Invalid "${name}" attribute`);
  }
  return given as KeyGrant;
}

/** As the API shows it. https://www.algolia.com/doc/rest-api/search/get-api-key */
export function shownKey({ createdAtMs, ...key }: ApiKey): object {
  return {
    ...key,
    description: key.description ?? '',
    validity: key.validity ?? 0,
    createdAt: createdAtMs ?? 0,
  };
}

export function isExpired({ validity = 0, createdAtMs = 0 }: ApiKey, nowMs: number): boolean {
  return validity > 0 && createdAtMs + validity * 1000 <= nowMs;
}

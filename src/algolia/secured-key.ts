import { algoliasearch } from 'algoliasearch';
import type { Secret } from '../config/secret.ts';
import { ConfigError } from '../errors.ts';

export type SecuredKeyOptions = {
  readonly appId: string;
  readonly parent: Secret;
  readonly indexes: readonly string[];
  readonly filters: string;
  /** Seconds since the epoch. */
  readonly validUntil: number;
};

/**
 * A key that its parent vouches for: nobody has to be asked, and nothing is stored. Throws a ConfigError for an index whose name a
 * restriction cannot hold. https://www.algolia.com/doc/libraries/sdk/methods/search/generate-secured-api-key
 */
export function mintKey({ appId, parent, indexes, filters, validUntil }: SecuredKeyOptions): string {
  const ambiguous = indexes.find((index) => /[,*]|^\s|\s$/.test(index));
  if (ambiguous !== undefined) {
    throw new ConfigError(
      `index "${ambiguous}": a key cannot be restricted to a name with a comma or an asterisk`,
      {
        remedy: 'Give the index another name, or name others with --index.',
      },
    );
  }
  const parentApiKey = parent.reveal();
  const restrictions = { restrictIndices: [...indexes], validUntil, ...(filters === '' ? {} : { filters }) };
  return algoliasearch(appId, parentApiKey).generateSecuredApiKey({ parentApiKey, restrictions });
}

/** Whether a key was made from another one: 64 hexadecimal digits and restrictions, in base64. */
export function isSecuredKey(key: string): boolean {
  return /^[0-9a-f]{64}(?:$|[A-Za-z]+=)/.test(Buffer.from(key, 'base64').toString());
}

import { createHash, createHmac } from 'node:crypto';
import type { PseudonymKey } from '../config/pseudonym-keys.ts';
import { WORDS } from './words.ts';

/** https://www.crockford.com/base32.html, in lower case */
const DIGITS = '0123456789abcdefghjkmnpqrstvwxyz';
const CODE_BYTES = 16;
const CODE_DIGITS = 26;
const DIGIT_BITS = 5n;
const KIND_LENGTH_MAX = 40;
const WORD_BITS = 10;
const LABEL_WORDS = 3;

/**
 * Generated ids in the place of what tells who somebody is: `<kind>_<26 digits>`, the first 128 bits of the HMAC-SHA256 of the kind, a
 * zero byte and the text. Postgres's text has no zero byte, so that no other kind and text give the same.
 */
export class Pseudonyms {
  readonly #keys: readonly PseudonymKey[];
  readonly #secrets: readonly string[];

  /** At least one key, ascending by `fromMicros`. */
  constructor(keys: readonly PseudonymKey[]) {
    if (keys.length === 0) throw new TypeError('pseudonyms without a key');
    this.#keys = keys;
    this.#secrets = keys.map(({ secret }) => secret.reveal());
  }

  /** Position of the key that holds at a time, which may be infinite. What is older than every key, and what has no time, falls to the first. */
  keyAt(timeMicros: number | undefined): number {
    if (timeMicros === undefined) return 0;
    return Math.max(
      0,
      this.#keys.findLastIndex(({ fromMicros }) => fromMicros <= timeMicros),
    );
  }

  /** `kind` is exact in the id's digits; in front of them stands what a filter can bear of it. */
  of(kind: string, text: string, timeMicros: number | undefined): string {
    return this.under(this.keyAt(timeMicros), kind, text);
  }

  /** Under the key at that position. */
  under(key: number, kind: string, text: string): string {
    const code = createHmac('sha256', this.#secrets[key] as string)
      .update(`${kind}\0${text}`)
      .digest();
    return `${shownKind(kind)}_${codeDigits(code)}`;
  }

  /** All that one text may be called, by the ids of the keys. */
  all(kind: string, text: string): ReadonlyMap<string, string> {
    return new Map(this.#keys.map(({ id }, key) => [id, this.under(key, kind, text)]));
  }

  /** Three words that are easier to tell apart, for people: the first 30 bits of the id's SHA-256. A hint and no key: of ten thousand ids some share theirs. */
  label(pseudonym: string): string {
    const bits = createHash('sha256').update(pseudonym).digest().readUInt32BE();
    return Array.from({ length: LABEL_WORDS }, (_, position) => {
      const shift = 32 - WORD_BITS * (position + 1);
      return WORDS[(bits >>> shift) & (WORDS.length - 1)];
    }).join(' ');
  }
}

/** Whether it has the form of one. */
export function isPseudonym(text: string): boolean {
  return /^[a-z][a-z0-9_]*_[0-7][0-9a-hjkmnp-tv-z]{25}$/.test(text);
}

/** A name that needs no quotes in a filter, whatever the kind is called. */
function shownKind(kind: string): string {
  const name = kind
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '_')
    .replace(/^[^a-z]+/, '')
    .slice(0, KIND_LENGTH_MAX)
    .replace(/_$/, '');
  return name === '' ? 'id' : name;
}

/** The number that the bytes are, as ULIDs are written. */
function codeDigits(hash: Buffer): string {
  let rest = BigInt(`0x${hash.toString('hex', 0, CODE_BYTES)}`);
  let digits = '';
  for (let count = 0; count < CODE_DIGITS; count++) {
    digits = DIGITS[Number(rest & 31n)] + digits;
    rest >>= DIGIT_BITS;
  }
  return digits;
}

import { createHmac, timingSafeEqual } from 'node:crypto';
import { BlockList, isIP, isIPv6 } from 'node:net';
import { Refusal } from './refusal.ts';
import { type Parameters, urlParameters } from './search-parameters.ts';

/** A SHA-256 in hexadecimal digits. */
const MAC_LENGTH = 64;

/**
 * A key that its owner made from another without asking the server: base64 of the HMAC of some URL-encoded restrictions, under
 * the parent key, and of the restrictions.
 * https://www.algolia.com/doc/libraries/sdk/methods/search/generate-secured-api-key
 */
export type SecuredKey = { readonly mac: string; readonly restrictions: string };

/** Undefined for what is too short to be one. */
export function readSecuredKey(value: string): SecuredKey | undefined {
  const text = Buffer.from(value, 'base64').toString();
  if (text.length < MAC_LENGTH) return undefined;
  return { mac: text.slice(0, MAC_LENGTH), restrictions: text.slice(MAC_LENGTH) };
}

export function isMadeFrom(parent: string, { mac, restrictions }: SecuredKey): boolean {
  const given = Buffer.from(mac);
  const expected = Buffer.from(createHmac('sha256', parent).update(restrictions).digest('hex'));
  return given.length === expected.length && timingSafeEqual(given, expected);
}

export type Restrictions = { readonly restrictIndices: readonly string[]; readonly parameters: Parameters };

/**
 * Reads what narrows a key: of a secured one, or the `queryParameters` of any. Throws a Refusal when it is over (400, as Algolia
 * answers) or for other addresses than `source` (403; Algolia's words for it are not documented).
 */
export function readRestrictions(encoded: string, source: string, nowMs: number): Restrictions {
  const { validUntil, restrictIndices, restrictSources, ...parameters } = urlParameters(encoded);
  if (validUntil !== undefined) checkValidity(validUntil, nowMs);
  if (restrictSources !== undefined) checkSource(listOf(restrictSources), source);
  return { restrictIndices: restrictIndices === undefined ? [] : listOf(restrictIndices), parameters };
}

function checkValidity(validUntil: unknown, nowMs: number): void {
  const seconds = Number(validUntil);
  if (validUntil === '' || !Number.isInteger(seconds))
    throw new Refusal(400, 'Invalid value for "validUntil" parameter, expected integer');
  if (seconds * 1000 <= nowMs)
    throw new Refusal(400, 'validUntil parameter expired (less than current date)');
}

function checkSource(networks: readonly string[], source: string): void {
  const allowed = new BlockList();
  for (const network of networks) {
    const [address = '', prefix] = network.split('/');
    const family = isIPv6(address) ? 'ipv6' : 'ipv4';
    const bits = family === 'ipv6' ? 128 : 32;
    const length = prefix === undefined ? bits : Number(prefix);
    if (isIP(address) === 0 || !Number.isInteger(length) || length < 0 || length > bits)
      throw new Refusal(400, 'Invalid value for "restrictSources" parameter, expected an IP network');
    allowed.addSubnet(address, length, family);
  }
  const plain = source.replace(/^::ffff:/, '');
  if (!allowed.check(plain, isIPv6(plain) ? 'ipv6' : 'ipv4'))
    throw new Refusal(403, 'Source not allowed with this API key');
}

/** Lists come joined by commas, as the official clients write them, or as JSON. */
function listOf(value: unknown): string[] {
  const list = Array.isArray(value) ? value.map(String) : String(value).split(',');
  return list.map((entry) => entry.trim()).filter((entry) => entry !== '');
}

import { createHmac } from 'node:crypto';

/** A pseudonym by other means than the program's: digits of a number, not of bits. `shown` is the kind as ids show it. */
export function pseudonymOf(key: string, kind: string, text: string, shown = kind): string {
  const hash = createHmac('sha256', key)
    .update(Buffer.concat([Buffer.from(kind), Buffer.of(0), Buffer.from(text)]))
    .digest('hex');
  const digits = BigInt(`0x${hash.slice(0, 32)}`)
    .toString(32)
    .padStart(26, '0');
  const crockford = [...digits].map(
    (digit) => '0123456789abcdefghjkmnpqrstvwxyz'[Number.parseInt(digit, 32)],
  );
  return `${shown}_${crockford.join('')}`;
}

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { ConfigError, UsageError } from '../errors.ts';

const MAKE = 'Make one by `openssl genpkey -algorithm ed25519 -out evidence-key.pem`.';

/** The private key that signs evidence. Throws a ConfigError, without a word of it, where it is not one of Ed25519 in PEM. */
export function signingKey(pem: string): KeyObject {
  const key = readKey(() => createPrivateKey(pem.replaceAll('\\n', '\n')));
  if (key?.asymmetricKeyType === 'ed25519') return key;
  const found = key === undefined ? 'something else' : `a key of ${key.asymmetricKeyType}`;
  throw new ConfigError(
    `WAL2ALGOLIA_EVIDENCE_KEY: expected an Ed25519 private key in PEM (PKCS8) without a passphrase, found ${found}`,
    { remedy: `${MAKE} Name the file in WAL2ALGOLIA_EVIDENCE_KEY_FILE.` },
  );
}

/** A public key to trust, from a file of that name. Throws a UsageError where it is not one of Ed25519 in PEM. */
export function trustedKey(pem: string, name: string): KeyObject {
  const key = readKey(() => createPublicKey(pem));
  if (key?.asymmetricKeyType === 'ed25519') return key;
  throw new UsageError(`${name}: expected an Ed25519 public key in PEM`, {
    remedy: 'Whoever has the private key makes one by `openssl pkey -in evidence-key.pem -pubout`.',
  });
}

/** The base64 that stands in its PEM file, which is that of its SubjectPublicKeyInfo. https://www.rfc-editor.org/rfc/rfc8410#section-4 */
export function publicKeyText(key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key;
  return publicKey.export({ type: 'spki', format: 'der' }).toString('base64');
}

export function publicKeyFrom(text: string): KeyObject | undefined {
  const key = Buffer.from(text, 'base64');
  const read = readKey(() => createPublicKey({ key, type: 'spki', format: 'der' }));
  return read?.asymmetricKeyType === 'ed25519' ? read : undefined;
}

/** The engine's error goes no further: it may say something of the key. */
function readKey(read: () => KeyObject): KeyObject | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

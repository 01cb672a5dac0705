import { createPublicKey, generateKeyPairSync, verify } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { publicKeyText, signingKey, trustedKey } from '../../../src/verify/evidence-key.ts';
import { checkEvidence, signedLine } from '../../../src/verify/evidence-signature.ts';
import { type EvidenceStatement, rootOf } from '../../../src/verify/evidence-statement.ts';

const { privateKey: key, publicKey } = generateKeyPairSync('ed25519');
const windows = [
  { from: null, to: 1767225600000, count: 2, hash: 'a'.repeat(64) },
  { outside: true, count: 0, hash: 'b'.repeat(64) },
];
const statement: EvidenceStatement = {
  format: 'wal2algolia-evidence/1',
  version: '0.1.0',
  table: 'public.audit_log',
  index: 'audit "log" é',
  compared: 'content',
  scope: { by: null, from: null, to: null },
  counts: { rows: 2, records: 1, deadLetters: 1 },
  windowsBy: 'occurred_at_ms',
  windows,
  root: rootOf(windows),
  slot: 'wal2algolia',
  systemIdentifier: '7000000000000000001',
  database: 'app',
  lsn: '0/16B3748',
  at: '2026-02-01T00:00:00.000000Z',
  mapping: 'c'.repeat(64),
};
const line = signedLine(statement, key);

describe('a signed statement', () => {
  it('is one line of JSON, of which all but the signature is signed as it stands', () => {
    expect(line).toMatch(/^\{"at".*,"signature":"[A-Za-z0-9+/]{86}=="\}\n$/);
    const { signature = '' } = /,"signature":"(?<signature>.*)"\}\n$/.exec(line)?.groups ?? {};
    const signed = line.replace(/,"signature":"[^"]*"\}\n$/, '}');
    expect(verify(null, Buffer.from(signed), publicKey, Buffer.from(signature, 'base64'))).toBe(true);
    expect(JSON.parse(line)).toEqual({ ...statement, publicKey: publicKeyText(key), signature });
  });

  it('holds, also laid out in another way', () => {
    const object: Record<string, unknown> = JSON.parse(line);
    const turned = JSON.stringify(Object.fromEntries(Object.entries(object).reverse()), null, 2);
    for (const text of [line, turned]) {
      expect(checkEvidence(text, publicKey)?.problems).toEqual([]);
      expect(checkEvidence(text, undefined)?.problems).toEqual([]);
    }
  });

  it.each([
    ['table', 'public.other'],
    ['at', '2026-02-01T00:00:00.000001Z'],
    ['counts', { rows: 2, records: 2, deadLetters: 0 }],
    ['added', 1],
    ['publicKey', publicKeyText(generateKeyPairSync('ed25519').publicKey)],
    ['publicKey', 'no key'],
    ['signature', ''],
  ])('does not hold when %s is changed', (name, value) => {
    const changed = JSON.stringify({ ...JSON.parse(line), [name]: value });
    expect(checkEvidence(changed, undefined)?.problems).toContain(
      'the signature is not that of what it says',
    );
  });

  it('does not hold when a window, its order or its root does not fit, even if it is signed', () => {
    const problemsOf = (changes: Partial<EvidenceStatement>) =>
      checkEvidence(signedLine({ ...statement, ...changes }, key), publicKey)?.problems;
    const root = ['the root is not that of its windows'];
    expect(problemsOf({ windows: [...windows].reverse() })).toEqual(root);
    expect(problemsOf({ root: 'd'.repeat(64) })).toEqual(root);
    expect(problemsOf({ windows: windows.slice(0, 1) })).toEqual(root);
    expect(problemsOf({ counts: { rows: 3 } })).toEqual(['its windows do not hold as many rows as it says']);
  });

  it('does not hold when any of its characters is another one, is left out, or stands twice', () => {
    const text = line.trimEnd();
    const holds = (other: string): boolean => checkEvidence(other, publicKey)?.problems.length === 0;
    const held: string[] = [];
    for (let at = 0; at < text.length; at++) {
      const [before, character, after] = [text.slice(0, at), text.charAt(at), text.slice(at + 1)];
      const next = String.fromCharCode(character.charCodeAt(0) + 1);
      for (const other of ['', character + character, next, ' '])
        if (holds(before + other + after)) held.push(`${at} ${character} by ${other}`);
    }
    // Blanks between tokens alone.
    const layout = held.filter((each) => !each.endsWith(' '));
    expect(layout).toEqual([]);
  });

  it.each([
    ['"table":"public.other",', '{', ''],
    ['"rows":3,', '"counts":{', ''],
    ['"count":3,', '"windows":[{', ''],
    ['"signature":"AAAA",', '{', ''],
    ['\\u0074able":"public.other","', '{"', ''],
  ])('does not hold when a reader who takes the first of two members would read %s', (twin, behind) => {
    const at = line.indexOf(behind) + behind.length;
    const planted = line.slice(0, at) + twin + line.slice(at);
    expect(JSON.parse(planted)).toEqual(JSON.parse(line));
    expect(checkEvidence(planted, publicKey)?.problems).toEqual([
      'a member stands in it twice, of which the last one is signed',
    ]);
  });

  it('does not hold with anything beside its signature', () => {
    for (const other of ['!', ' ', '\\n', 'AAAA', '='])
      expect(checkEvidence(line.replace('=="}', `==${other}"}`), publicKey)?.problems).toHaveLength(1);
    expect(checkEvidence(line.replace('"signature":"', '"signature":" '), publicKey)?.problems).toHaveLength(
      1,
    );
  });

  it('does not hold under another key than the trusted one', () => {
    const other = generateKeyPairSync('ed25519').publicKey;
    expect(checkEvidence(line, other)?.problems).toEqual(['it is signed by another key than the given one']);
  });

  it.each([
    '',
    '{',
    '[]',
    'null',
    '{"format":"wal2algolia-evidence/2"}',
    '{"format":"wal2algolia-evidence/1"}',
  ])('is not what %s is', (text) => {
    expect(checkEvidence(text, undefined)).toBeUndefined();
  });
});

describe('keys of evidence', () => {
  const pem = key.export({ type: 'pkcs8', format: 'pem' }).toString();
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });

  it('are read from PEM, also with its line breaks escaped', () => {
    for (const text of [pem, pem.trimEnd(), pem.replaceAll('\n', '\\n')])
      expect(publicKeyText(signingKey(text))).toBe(publicKeyText(publicKey));
    const publicPem = createPublicKey(key).export({ type: 'spki', format: 'pem' }).toString();
    expect(publicPem).toContain(`\n${publicKeyText(key)}\n`);
    expect(publicKeyText(trustedKey(publicPem, 'key.pem'))).toBe(publicKeyText(key));
  });

  it.each([
    ['no PEM', 'planted-secret'],
    ['a public key', publicKey.export({ type: 'spki', format: 'pem' }).toString()],
    ['RSA', rsa.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()],
    ['one with a passphrase', encrypted()],
  ])('are refused without a word of them: %s', (_, text) => {
    let caught: unknown;
    try {
      signingKey(text);
    } catch (error) {
      caught = error;
    }
    expect(caught).toMatchObject({ code: 'CONFIG', exitCode: 78 });
    expect(caught).not.toHaveProperty('cause');
    expect(String(caught)).toContain('WAL2ALGOLIA_EVIDENCE_KEY: expected an Ed25519 private key');
    expect(JSON.stringify(caught, Object.getOwnPropertyNames(caught))).not.toContain(
      text.slice(30, 60) || text,
    );
  });

  it('to trust are refused when they are of another kind', () => {
    const text = rsa.publicKey.export({ type: 'spki', format: 'pem' }).toString();
    expect(() => trustedKey(text, 'key.pem')).toThrow(/key.pem: expected an Ed25519 public key/);
  });

  function encrypted(): string {
    return key
      .export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'planted' })
      .toString();
  }
});

import { type KeyObject, sign, verify } from 'node:crypto';
import { canonicalJson } from './canonical-json.ts';
import { publicKeyFrom, publicKeyText } from './evidence-key.ts';
import {
  EVIDENCE_FORMAT,
  type EvidenceStatement,
  type EvidenceWindow,
  rootOf,
} from './evidence-statement.ts';

const SIGNATURE = ',"signature":"';

export type CheckedEvidence = {
  readonly statement: EvidenceStatement;
  /** Base64 of the SubjectPublicKeyInfo that the statement names. */
  readonly publicKey: string;
  /** What does not hold; none where all does. */
  readonly problems: readonly string[];
};

/** One line: the canonical JSON of the statement and the public key, which is what is signed, with the signature as its last member. */
export function signedLine(statement: EvidenceStatement, key: KeyObject): string {
  const text = canonicalJson({ ...statement, publicKey: publicKeyText(key) });
  const signature = sign(null, Buffer.from(text), key).toString('base64');
  return `${text.slice(0, -1)}${SIGNATURE}${signature}"}\n`;
}

/**
 * Looks at one statement, however its JSON is laid out: the signature under the key that it names, that this is the trusted one where
 * there is one, and that root and count are those of its windows. Undefined for what is no statement of this format.
 */
export function checkEvidence(text: string, trusted: KeyObject | undefined): CheckedEvidence | undefined {
  const found = parsed(text);
  if (found === undefined) return undefined;
  const { signature, ...signed } = found;
  const { publicKey, windows } = found;
  const key = publicKeyFrom(publicKey);
  const isSigned =
    key !== undefined &&
    verify(null, Buffer.from(canonicalJson(signed)), key, Buffer.from(signature, 'base64')) &&
    // What is decoded passes over what is not base64.
    Buffer.from(signature, 'base64').toString('base64') === signature;
  const isTrusted = trusted === undefined || publicKeyText(trusted) === publicKey;
  const rows = windows.reduce((sum, { count }) => sum + count, 0);
  const problems = [
    ...(isSigned ? [] : ['the signature is not that of what it says']),
    ...(hasTwins(text, found) ? ['a member stands in it twice, of which the last one is signed'] : []),
    ...(isTrusted ? [] : ['it is signed by another key than the given one']),
    ...(rootOf(windows) === found.root ? [] : ['the root is not that of its windows']),
    ...(rows === found.counts['rows'] ? [] : ['its windows do not hold as many rows as it says']),
  ];
  return { statement: found, publicKey, problems };
}

type Found = EvidenceStatement & { readonly publicKey: string; readonly signature: string };

function parsed(text: string): Found | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isEvidence(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** Strings aside, each colon belongs to a member: one that stands twice is lost when it is read, and somebody may read the first. */
function hasTwins(text: string, value: object): boolean {
  const written = text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '').split(':').length - 1;
  let read = 0;
  const open: unknown[] = [value];
  while (open.length > 0) {
    const each = open.pop();
    if (typeof each !== 'object' || each === null) continue;
    if (!Array.isArray(each)) read += Object.keys(each).length;
    for (const inner of Object.values(each)) open.push(inner);
  }
  return written !== read;
}

const TEXTS = [
  ...['version', 'table', 'index', 'compared', 'root', 'slot', 'database'],
  ...['lsn', 'at', 'mapping', 'publicKey', 'signature'],
] as const;

function isEvidence(value: unknown): value is Found {
  if (!isObject(value) || value['format'] !== EVIDENCE_FORMAT) return false;
  const { scope, counts, windows } = value;
  return (
    TEXTS.every((name) => typeof value[name] === 'string') &&
    [value['systemIdentifier'], value['windowsBy']].every(isPlain) &&
    isObject(scope) &&
    Object.values(scope).every(isPlain) &&
    isObject(counts) &&
    Object.values(counts).every(Number.isSafeInteger) &&
    Array.isArray(windows) &&
    windows.every(isWindow)
  );
}

function isWindow(value: unknown): value is EvidenceWindow {
  return (
    isObject(value) &&
    Object.values(value).every(isPlain) &&
    Number.isSafeInteger(value['count']) &&
    typeof value['hash'] === 'string'
  );
}

function isPlain(value: unknown): value is string | number | boolean | null {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value);
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Output } from '../../../../src/cli/output.ts';
import { checkEvidenceFile } from '../../../../src/cli/verify/evidence-check.ts';
import { signingKey } from '../../../../src/verify/evidence-key.ts';
import { signedLine } from '../../../../src/verify/evidence-signature.ts';
import {
  EVIDENCE_FORMAT,
  type EvidenceStatement,
  rootOf,
} from '../../../../src/verify/evidence-statement.ts';

const scope = { by: 'time', from: Date.UTC(2026, 10, 1), to: null };
const statement: EvidenceStatement = {
  format: EVIDENCE_FORMAT,
  version: '1.0.0',
  table: 'public.t',
  index: 't',
  compared: 'presence',
  scope,
  counts: { rows: 0, records: 0, deadLetters: 3 },
  windowsBy: null,
  windows: [],
  root: rootOf([]),
  slot: 'wal2algolia',
  systemIdentifier: '7423',
  database: 'app',
  lsn: '0/1',
  at: '2026-11-28T10:00:00.000Z',
  mapping: '',
};

async function checked(asJson: boolean): Promise<string> {
  const { privateKey } = generateKeyPairSync('ed25519');
  const key = signingKey(privateKey.export({ type: 'pkcs8', format: 'pem' }).toString());
  const cwd = await mkdtemp(join(tmpdir(), 'wal2algolia-evidence-'));
  try {
    const lines = [statement, { ...statement, scope: { by: null, from: null, to: null } }];
    await writeFile(join(cwd, 'file'), lines.map((each) => signedLine(each, key)).join(''));
    const written: string[] = [];
    const output = new Output({ write: (text) => written.push(text) }, asJson);
    const context = { output, stderr: output.sink, signal: new AbortController().signal, cwd };
    expect(await checkEvidenceFile(context, { check: 'file' })).toBe(0);
    return written.join('');
  } finally {
    await rm(cwd, { recursive: true });
  }
}

it('says in words what each statement is about, and whether records were only looked for', async () => {
  const text = await checked(false);
  expect(text).toMatch(/^compared +whether records are there, not what they hold$/m);
  expect(text).toMatch(/^rows of +time from 2026-11-01T00:00:00\.000Z to open$/m);
  expect(text).toMatch(/^rows of +the whole table$/m);
  expect(text).toMatch(/^dead letters +3$/m);
  expect(text).toMatch(/^database +app, of the server 7423$/m);
  expect(text.split('\n\n')).toHaveLength(2);
});

it('has the same in JSON', async () => {
  expect(JSON.parse(await checked(true))[0]).toMatchObject({
    compared: 'presence',
    scope,
    slot: 'wal2algolia',
    database: 'app',
    systemIdentifier: '7423',
  });
});

import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { trustedKey } from '../../verify/evidence-key.ts';
import { type CheckedEvidence, checkEvidence } from '../../verify/evidence-signature.ts';
import type { EvidenceStatement } from '../../verify/evidence-statement.ts';
import { countText } from '../amounts.ts';
import type { Context } from '../context.ts';
import { harmless, type Output } from '../output.ts';

/** https://tc39.es/ecma262/#sec-time-values-and-time-range */
const DATE_MS_MAX = 8.64e15;

export type EvidenceCheckFlags = {
  readonly check: string;
  readonly publicKey?: string;
  readonly json?: boolean;
};

/** Says of each statement in the file whether it is what was signed. Needs no configuration, no database and no index. */
export async function checkEvidenceFile(context: Context, flags: EvidenceCheckFlags): Promise<ExitCode> {
  const { output, cwd = '.' } = context;
  const { check, publicKey } = flags;
  const trusted =
    publicKey === undefined
      ? undefined
      : trustedKey(await textOf('--public-key', publicKey, cwd), `--public-key ${publicKey}`);
  const text = await textOf('--check', check, cwd);
  const whole = checkEvidence(text, trusted);
  const lines = whole === undefined ? text.split('\n').filter((line) => line.trim() !== '') : [];
  const found = whole === undefined ? lines.map((line) => checkEvidence(line, trusted)) : [whole];
  const statements = found.filter((each) => each !== undefined);
  if (found.length === 0 || statements.length < found.length) throw noEvidence(check);
  const isGood = statements.every(({ problems }) => problems.length === 0);
  output.json(statements.map((each) => facts(each, trusted !== undefined)));
  for (const [place, each] of statements.entries()) {
    if (place > 0) output.line();
    tell(output, each, trusted !== undefined);
  }
  return isGood ? EXIT.done : EXIT.differences;
}

function facts({ statement, publicKey, problems }: CheckedEvidence, isTrusted: boolean) {
  const { table, index, compared, scope, counts, root, lsn, at, version } = statement;
  const { slot, database, systemIdentifier } = statement;
  const what = { table, index, compared, scope, counts, root, lsn, at, version, publicKey };
  const where = { slot, database, systemIdentifier };
  const holds = problems.length === 0;
  return { ...what, ...where, holds, problems, knowsSigner: isTrusted && holds };
}

function tell(output: Output, { statement, publicKey, problems }: CheckedEvidence, isTrusted: boolean): void {
  const { table, index, compared, counts, root, lsn, at, version, scope } = statement;
  const { database, systemIdentifier } = statement;
  const isWhole = problems.length === 0;
  const signer = isTrusted
    ? 'the given key'
    : 'a key that it names itself: this shows that it is whole, not who signed it';
  const shown = (value: unknown): string => harmless(String(value ?? 'not known'));
  output.table([
    ['evidence', isWhole ? 'holds' : `does not hold: ${problems.join('; ')}`],
    ['signed by', isWhole ? signer : 'nobody who can be told'],
    ['key', harmless(publicKey)],
    ['table', shown(table)],
    ['index', shown(index)],
    ['compared', compared === 'presence' ? 'whether records are there, not what they hold' : shown(compared)],
    ['rows of', harmless(scopeText(scope))],
    ...Object.entries(counts).map(([name, value]) => [harmless(words(name)), countText(value)] as const),
    ['root', shown(root)],
    ['position', shown(lsn)],
    ['at', shown(at)],
    ['database', `${shown(database)}, of the server ${shown(systemIdentifier)}`],
    ['version', shown(version)],
  ]);
}

function scopeText({ by, from, to }: EvidenceStatement['scope']): string {
  if (by == null) return 'the whole table';
  const border = (value: unknown): string => {
    const isTime = by === 'time' && typeof value === 'number' && Math.abs(value) <= DATE_MS_MAX;
    return isTime ? new Date(value).toISOString() : String(value ?? 'open');
  };
  return `${by} from ${border(from)} to ${border(to)}`;
}

/** `deadLetters` is `dead letters` */
function words(name: string): string {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

async function textOf(flag: string, name: string, cwd: string): Promise<string> {
  return readFile(resolve(cwd, name), 'utf8').catch((cause: unknown) => {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
    throw new UsageError(`${flag} ${name}: the file cannot be read (${code})`, { cause });
  });
}

function noEvidence(name: string): UsageError {
  return new UsageError(`--check ${name}: expected evidence as \`verify --evidence\` writes it`, {
    remedy: 'Each line is the statement of one table, in JSON. A newer version may have made it.',
  });
}

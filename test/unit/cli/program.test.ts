import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Io } from '../../../src/cli/context.ts';
import { runCli } from '../../../src/cli/program.ts';
import { EXIT } from '../../../src/errors.ts';

/** Nothing listens there: port 1 is tcpmux. */
const UNREACHABLE = {
  DATABASE_URL: 'postgres://user:hunter2@127.0.0.1:1/app',
  ALGOLIA_APP_ID: 'APP',
  ALGOLIA_API_KEY: 'hunter2',
};
let cwd: string;

beforeAll(async () => {
  cwd = await mkdtemp(join(tmpdir(), 'wal2algolia-cli-'));
});
afterAll(() => rm(cwd, { recursive: true }));

async function cli(argv: readonly string[], io: Partial<Io> = {}) {
  const stdout: string[] = [];
  const stderr: string[] = [];
  const code = await runCli(argv, {
    stdout: { write: (text) => stdout.push(text) },
    stderr: { write: (text) => stderr.push(text) },
    signal: new AbortController().signal,
    environment: {},
    cwd,
    ...io,
  });
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
}

describe('help', () => {
  it('lists commands, environment and exit codes, and is no error', async () => {
    const { code, stdout, stderr } = await cli(['--help']);
    expect({ code, stderr }).toEqual({ code: EXIT.done, stderr: '' });
    for (const word of [
      'init',
      'setup',
      'run',
      'status',
      'demo',
      'local',
      'WAL2ALGOLIA_SLOT',
      'ALGOLIA_ADMIN_KEY',
    ]) {
      expect(stdout).toContain(word);
    }
    for (const exitCode of Object.values(EXIT)) expect(stdout).toMatch(new RegExp(`^ +${exitCode}  `, 'm'));
  });

  it.each([
    ['init', '--json'],
    ['setup', '--json'],
    ['run', '--http-port'],
    ['status', '--json'],
    ['demo', '--json'],
    ['keys mint', '--json'],
    ['keys mint', '--tenant <value>'],
    ['local algolia', '--json'],
    ['local producer', '--json'],
    ['local postgres', '--json'],
  ])('%s takes --config and %s', async (command, flag) => {
    const { code, stdout } = await cli([...command.split(' '), '--help']);
    expect(code).toBe(EXIT.done);
    expect(stdout).toContain('--config <file>');
    expect(stdout).toContain(flag);
  });

  it('of a command that is asked for by its name is no error either', async () => {
    const { code, stdout } = await cli(['help', 'bookmark']);
    expect({ code, stdout: stdout.split('\n')[0] }).toEqual({
      code: EXIT.done,
      stdout: 'Usage: wal2algolia bookmark [options] [command]',
    });
  });

  it('says the defaults as they are given', async () => {
    const { stdout } = await cli(['bookmark', 'create', '--help']);
    expect(stdout.match(/\(default:[^)]*\)/g)?.slice(0, 2)).toEqual(['(default: 7d)', '(default: 5GB)']);
  });

  it('fits a narrow terminal', async () => {
    const lines: string[] = [];
    const stdout = { write: (text: string) => lines.push(...text.split('\n')), columns: 64 };
    await cli(['backfill', '--help'], { stdout });
    expect(lines.filter((line) => line.length > 64)).toEqual([]);
  });

  it('prints the version', async () => {
    const { code, stdout } = await cli(['--version']);
    expect(code).toBe(EXIT.done);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('wrong usage ends with 64', () => {
  it.each([
    [[]],
    [['rnu']],
    [['local']],
    [['run', '--nonsense']],
    [['run', 'extra']],
    [['run', '--config']],
    [['demo', '--duration', '-1']],
    [['demo', '--rate', 'fast']],
    [['keys']],
    [['keys', 'mint', '--expires', 'never']],
    [['keys', 'mint', '--from', 'yesterday']],
    [['keys', 'mint', '--until', '2026-02-30']],
    [['local', 'algolia', '--port', '65536']],
  ])('%j', async (argv) => {
    const { code, stdout, stderr } = await cli(argv);
    expect({ code, stdout }).toEqual({ code: EXIT.usage, stdout: '' });
    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('suggests what was meant', async () => {
    expect((await cli(['statsu'])).stderr).toContain('Did you mean status?');
  });
});

describe('a wrong configuration ends with 78', () => {
  it.each(['init', 'run', 'setup', 'status', 'local producer'])('%s', async (command) => {
    const { code, stdout, stderr } = await cli(command.split(' '));
    expect({ code, stdout }).toEqual({ code: EXIT.configuration, stdout: '' });
    expect(stderr).toMatch(/^error: configuration: /);
    expect(stderr).toContain('postgres.url: missing: expected a postgres:// URL; set DATABASE_URL');
    expect(stderr).toMatch(/^ {2}remedy: /m);
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('takes the file of --config, and the flags above it', async () => {
    await writeFile(join(cwd, 'mine.json'), JSON.stringify({ replication: { slot: 'NOT THIS' } }));
    const { stderr } = await cli(['status', '--config', 'mine.json'], { environment: UNREACHABLE });
    expect(stderr).toContain('replication.slot: expected');
    expect(stderr).toContain('remedy: Correct mine.json');
    const flagged = await cli(['status', '--config', 'mine.json', '--slot', 'NEITHER'], {
      environment: UNREACHABLE,
    });
    expect(flagged.stderr).toContain('replication.slot (--slot): expected');
  });
});

describe('out of reach ends with 69 for commands that do not wait', () => {
  it.each(['init', 'status', 'setup', 'local producer'])('%s', async (command) => {
    const { code, stdout, stderr } = await cli(command.split(' '), { environment: UNREACHABLE });
    expect({ code, stdout }).toEqual({ code: EXIT.unavailable, stdout: '' });
    expect(stderr).toContain('ECONNREFUSED');
    expect(stderr).not.toContain('hunter2');
    expect(stderr).not.toMatch(/^\s+at /m);
  });

  it('shows where it came from when debugging, still without secrets', async () => {
    const { stderr } = await cli(['status'], { environment: { ...UNREACHABLE, LOG_LEVEL: 'debug' } });
    expect(stderr).toMatch(/^\s+at /m);
    expect(stderr).toContain('caused by');
    expect(stderr).not.toContain('hunter2');
  });
});

it('ends a command that has nothing to finish with the code of the signal', async () => {
  const stop = new AbortController();
  stop.abort('SIGTERM');
  const { code } = await cli(['status'], { environment: UNREACHABLE, signal: stop.signal });
  expect(code).toBe(143);
});

import { describe, expect, it } from 'vitest';
import { liveLines, plainLine, queryLines, summaryLines } from '../../../../src/cli/demo/demo-view.ts';
import { parseLsn } from '../../../../src/lsn.ts';
import { StatusBoard } from '../../../../src/telemetry/status-board.ts';

const PLACES = {
  postgresUrl: 'postgres://x',
  algoliaUrl: 'http://127.0.0.1:7700',
  appId: 'local',
  searchKey: 'search',
  httpUrl: 'http://127.0.0.1:8080',
};
const EVENT = { action: 'report.shared', actor_id: 'usr_1', target_type: 'report', target_id: 'rep_1' };

it('shows rows, records, lag and the newest event, on lines or in one', () => {
  const board = new StatusBoard('s');
  const at = {
    receivedLsn: parseLsn('0/800'),
    confirmedLsn: parseLsn('0/400'),
    serverLsn: parseLsn('0/800'),
    retainedBytes: 4096,
  };
  const moment = { committed: 12_345, searchable: { records: 12_300, newest: EVENT } };
  expect(plainLine({ ...moment, status: board.status() })).toContain('lag not known yet (starting)');
  board.streaming(() => at);
  const status = board.status();
  expect(liveLines({ ...moment, status }).join('\n')).toContain('12,345 rows');
  expect(plainLine({ ...moment, status })).toMatch(
    /^committed 12,345, searchable 12,300, lag 1\.0 kB, \d+ ms, newest: report\.shared by usr_1 on report rep_1$/,
  );
});

it('takes out of an event what a terminal would obey', () => {
  const newest = { ...EVENT, target_id: '\u001b[2Jgone\u202e\n' };
  const line = plainLine({
    committed: 1,
    searchable: { records: 1, newest },
    status: new StatusBoard('s').status(),
  });
  for (const character of ['\u001b', '\u202e', '\n']) expect(line).not.toContain(character);
});

describe('queries to paste', () => {
  const commands = (target: string): string[] =>
    queryLines(PLACES, { ...EVENT, target_id: target }).filter((line) => line.includes('curl'));

  it('ask about the actor and the target of an event that is there', () => {
    const text = commands('rep_1').join('\n');
    expect(text).toContain(`-d '{"filters":"target_id:\\"rep_1\\""}'`);
    expect(text).toContain(`-d '{"filters":"actor_id:\\"usr_1\\""}'`);
    expect(text.match(/search\b/g)?.length).toBeGreaterThanOrEqual(4);
  });

  it('are quoted for the shell', () => {
    const text = commands("it's");
    // What a shell makes of the last argument.
    const argument = /-d (.*)$/
      .exec(text[1] ?? '')?.[1]
      ?.replaceAll("'\\''", '\u0000')
      .replaceAll("'", '')
      .replaceAll('\u0000', "'");
    expect(JSON.parse(argument ?? '')).toEqual({ filters: `target_id:"it's"` });
  });

  it('have the report of a record that is there', () => {
    expect(queryLines(PLACES, { ...EVENT, target_id: "it's" }).at(-1)).toBe(
      "  ALGOLIA_APP_ID=local ALGOLIA_SEARCH_KEY=search ALGOLIA_HOSTS=http://127.0.0.1:7700 ALGOLIA_STATUS_INDEX=wal2algolia_status npx wal2algolia report record 'report' 'it'\\''s'",
    );
  });

  it('do without an event', () => {
    const text = queryLines(PLACES, undefined).join('\n');
    expect(text).not.toContain('target_id');
    expect(text).not.toContain('report record');
  });
});

it('says in the summary whether they agree, and names a few that do not', () => {
  const same = { rows: 2, records: 2, missing: [], extra: [] };
  expect(summaryLines(same, 2, 5).join('\n')).toContain('They agree');
  const missing = Array.from({ length: 7 }, (_, place) => String(place));
  expect(summaryLines({ rows: 9, records: 2, missing, extra: [] }, 9, 5).at(-1)).toBe(
    'They differ: 7 missing (0, 1, 2, 3, 4, ...), 0 extra.',
  );
});

import { expect, it } from 'vitest';
import { Painter } from '../../../src/cli/painter.ts';

const ESCAPE = String.fromCodePoint(0x1b);
const TOKENS = new RegExp(`(${ESCAPE}\\[\\d+A|${ESCAPE}\\[J|\\n|\\r)`);
const UP = new RegExp(`^${ESCAPE}\\[(\\d+)A$`);

/** What a terminal shows after these writes: it knows "up n lines", carriage return and "clear from here". */
function screen(writes: readonly string[]): string[] {
  let lines = [''];
  let row = 0;
  for (const part of writes.join('').split(TOKENS)) {
    const up = UP.exec(part);
    if (up !== null) row -= Number(up[1]);
    else if (part === `${ESCAPE}[J`) lines = [...lines.slice(0, row), ''];
    else if (part === '\n') {
      row += 1;
      lines[row] ??= '';
    } else if (part !== '\r') lines[row] = `${lines[row] ?? ''}${part}`;
  }
  return lines.slice(0, -1);
}

function painter(live: boolean, columns?: number) {
  const writes: string[] = [];
  const sink = { write: (text: string) => writes.push(text), columns };
  return { painter: new Painter(sink, live), writes };
}

it('paints the same lines anew, and keeps what is printed above them', () => {
  const { painter: live, writes } = painter(true);
  live.print('hello\n');
  live.paint(['a 1', 'b 1']);
  live.paint(['a 2', 'b 2']);
  live.print('news\n');
  live.paint(['a 3', 'b 3', 'c 3']);
  live.finish();
  live.print('the end\n');
  expect(screen(writes)).toEqual(['hello', 'news', 'a 3', 'b 3', 'c 3', 'the end']);
});

it('writes plain lines, and nothing that a terminal would obey, elsewhere', () => {
  const { painter: plain, writes } = painter(false);
  plain.paint(['one']);
  plain.paint(['two']);
  plain.print('three\n');
  expect(writes.join('')).toBe('one\ntwo\nthree\n');
});

it('cuts what would wrap, wide characters counting for two', () => {
  const { painter: live, writes } = painter(true, 11);
  live.paint(['0123456789abc', '在庫回転率在庫']);
  expect(screen(writes)).toEqual(['0123456789', '在庫回転率']);
});

it('keeps a log on the terminal above what it paints, and lets one in a file be', () => {
  const { painter: live, writes } = painter(true);
  const file: string[] = [];
  live.paint(['a 1']);
  live.logAbove({ write: (text) => writes.push(text), isTTY: true }).write('news\n');
  live.logAbove({ write: (text) => file.push(text) }).write('more\n');
  live.paint(['a 2']);
  expect(screen(writes)).toEqual(['news', 'a 2']);
  expect(file).toEqual(['more\n']);
});

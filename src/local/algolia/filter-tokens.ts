import { Refusal } from './refusal.ts';

export type FilterToken = {
  readonly kind:
    | 'AND'
    | 'OR'
    | 'NOT'
    | 'TO'
    | '('
    | ')'
    | ':'
    | '<'
    | '>'
    | 'operator'
    | 'string'
    | 'number'
    | 'end';
  readonly text: string;
  /** Offset in the filter, from 0, as Algolia counts. */
  readonly column: number;
};

const SPACE = /\s/;
const WORD_END = /[\s():<>=!"']/;
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
/** `123TO456` is a range as well. */
const GLUED_RANGE = /^([+-]?\d+(?:\.\d+)?)TO([+-]?\d+(?:\.\d+)?)$/;

/** Ends with one token of kind `end`. Throws a Refusal with the column on what no token begins with. */
export function filterTokens(filter: string): FilterToken[] {
  const tokens: FilterToken[] = [];
  let position = 0;
  while (position < filter.length) {
    const character = filter[position] ?? '';
    if (SPACE.test(character)) {
      position += 1;
    } else if (character === '"' || character === "'") {
      position = pushQuoted(tokens, filter, position);
    } else {
      position = pushSymbol(tokens, filter, position) ?? pushWord(tokens, filter, position);
    }
  }
  tokens.push({ kind: 'end', text: '', column: filter.length });
  return tokens;
}

function pushQuoted(tokens: FilterToken[], filter: string, start: number): number {
  const quote = filter[start];
  let text = '';
  let position = start + 1;
  while (position < filter.length && filter[position] !== quote) {
    const escaped = filter[position] === '\\' && position + 1 < filter.length;
    if (escaped) position += 1;
    text += filter[position] ?? '';
    position += 1;
  }
  if (position >= filter.length) {
    throw new Refusal(400, `filters: Unexpected token incomplete string expected filter at col ${start}`);
  }
  if (text === '')
    throw new Refusal(400, `filters: Unexpected token empty string expected string at col ${start + 1}`);
  tokens.push({ kind: 'string', text, column: start });
  return position + 1;
}

function pushSymbol(tokens: FilterToken[], filter: string, start: number): number | undefined {
  const character = filter[start] ?? '';
  const two = filter.slice(start, start + 2);
  if (two === '<=' || two === '>=' || two === '!=') {
    tokens.push({ kind: 'operator', text: two, column: start });
    return start + 2;
  }
  if (character === '=') {
    tokens.push({ kind: 'operator', text: '=', column: start });
    return start + 1;
  }
  if (character === '!') throw new Refusal(400, `filters: Not allowed ! at col ${start}`);
  for (const kind of ['(', ')', ':', '<', '>'] as const) {
    if (character !== kind) continue;
    tokens.push({ kind, text: kind, column: start });
    return start + 1;
  }
  return undefined;
}

function pushWord(tokens: FilterToken[], filter: string, start: number): number {
  let end = start;
  while (end < filter.length && !WORD_END.test(filter[end] ?? '')) end += 1;
  const text = filter.slice(start, end);
  const range = GLUED_RANGE.exec(text);
  if (range?.[1] !== undefined && range[2] !== undefined) {
    tokens.push({ kind: 'number', text: range[1], column: start });
    tokens.push({ kind: 'TO', text: 'TO', column: start + range[1].length });
    tokens.push({ kind: 'number', text: range[2], column: end - range[2].length });
    return end;
  }
  tokens.push({ kind: kindOfWord(text), text, column: start });
  return end;
}

function kindOfWord(text: string): FilterToken['kind'] {
  if (text === 'AND' || text === 'OR' || text === 'NOT' || text === 'TO') return text;
  return NUMBER.test(text) ? 'number' : 'string';
}

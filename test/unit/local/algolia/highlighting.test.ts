import fc from 'fast-check';
import { expect, test } from 'vitest';
import { highlightedText, matchedWords, tokensOf } from '../../../../src/local/algolia/highlighted-text.ts';
import { queryWordsOf, wordsOf } from '../../../../src/local/algolia/words.ts';
import { ask, indexOf, type Row } from './asked-index.ts';

const row = (attributes: Record<string, unknown>): Row => ({ objectID: 'r', ...attributes });
const settings = { searchableAttributes: ['text', 'meta.tags', 'n'] };

function results(attributes: Record<string, unknown>, parameters: Record<string, unknown>, given = settings) {
  const [hit] = ask(indexOf([row(attributes)], given), parameters).hits;
  return { highlights: hit?.['_highlightResult'], snippets: hit?.['_snippetResult'] };
}

test.each([
  ['Ada Lovelace', 'ada', '<em>Ada</em> Lovelace', 'full', false, ['ada']],
  ['Ada Lovelace', 'lovelace ada', '<em>Ada</em> <em>Lovelace</em>', 'full', true, ['lovelace', 'ada']],
  ['Ada', 'ada', '<em>Ada</em>', 'full', true, ['ada']],
  ['lovely', 'love', '<em>love</em>ly', 'full', false, ['love']],
  ['red reddish', 're', '<em>re</em>d <em>re</em>ddish', 'full', false, ['re']],
  ['red', 'red re', '<em>red</em>', 'full', true, ['red', 're']],
  ['Édith, (PIAF)!', 'edith piaf', '<em>Édith</em>, (<em>PIAF</em>)!', 'full', true, ['edith', 'piaf']],
  ['be\u0301ta', 'be', '<em>be\u0301</em>ta', 'full', false, ['be']],
  ['<b>bold</b>', 'bold', '<b><em>bold</em></b>', 'full', false, ['bold']],
])('%s under %s', (text, query, value, matchLevel, fullyHighlighted, matchedWords) => {
  expect(results({ text }, { query }).highlights).toEqual({
    text: { value, matchLevel, fullyHighlighted, matchedWords },
  });
});

test('each attribute says how much of the query it holds', () => {
  const attributes = {
    text: 'made by Ada',
    meta: { tags: ['big', 'made up'], other: 'made' },
    n: 1815,
    b: true,
  };
  const none = (value: string) => ({ value, matchLevel: 'none', matchedWords: [] });
  const part = (value: string, word: string) => ({
    value,
    matchLevel: 'partial',
    fullyHighlighted: value.endsWith('</em>') && value.startsWith('<em>'),
    matchedWords: [word],
  });
  expect(results(attributes, { query: 'made 18' }).highlights).toEqual({
    text: part('<em>made</em> by Ada', 'made'),
    meta: { tags: [none('big'), part('<em>made</em> up', 'made')] },
    n: part('<em>18</em>15', '18'),
  });
});

test('which attributes are highlighted and with what is asked for or set', () => {
  const attributes = { text: 'a', meta: { tags: ['a'] }, secret: 'a', other: null };
  const names = (parameters: Record<string, unknown>, given: object = settings) =>
    Object.keys(
      results(attributes, { query: 'a', ...parameters }, given as typeof settings).highlights ?? {},
    );
  expect(names({})).toEqual(['text', 'meta']);
  expect(names({ attributesToRetrieve: ['other'] })).toEqual(['text', 'meta']);
  expect(names({ attributesToHighlight: ['meta'] })).toEqual(['meta']);
  expect(names({ attributesToHighlight: [] })).toEqual([]);
  expect(names({ attributesToHighlight: 'text,secret' })).toEqual(['text', 'secret']);
  expect(names({}, {})).toEqual(['text', 'meta', 'secret']);
  expect(names({ attributesToHighlight: ['*'] }, { unretrievableAttributes: ['secret'] })).toEqual([
    'text',
    'meta',
  ]);
  expect(names({}, { attributesToHighlight: ['secret'] })).toEqual(['secret']);
  const tagged = { ...settings, highlightPreTag: '[', highlightPostTag: ']' };
  expect(results({ text: 'a' }, { query: 'a' }, tagged).highlights).toMatchObject({ text: { value: '[a]' } });
  const asked = { query: 'a', highlightPreTag: '__ais', highlightPostTag: '/' };
  expect(results({ text: 'a' }, asked, tagged).highlights).toMatchObject({ text: { value: '__aisa/' } });
  expect(ask(indexOf([row({ text: 'a' })]), { attributesToHighlight: [] }).hits).toEqual([
    row({ text: 'a' }),
  ]);
});

test('snippets are the words around the first match', () => {
  const text = 'one two three four five six seven eight nine ten eleven twelve.';
  const snippet = (entry: string, query: string, more = {}) =>
    results({ text, meta: { tags: [text] } }, { query, attributesToSnippet: [entry], ...more }).snippets;
  expect(snippet('text:3', 'seven')).toEqual({
    text: { value: '…six <em>seven</em> eight…', matchLevel: 'full' },
  });
  expect(snippet('text:3', 'nothing')).toBeUndefined();
  expect(snippet('text:3', '')).toEqual({ text: { value: 'one two three…', matchLevel: 'none' } });
  expect(snippet('text:2', 'twelve', { snippetEllipsisText: '...' })).toEqual({
    text: { value: '...eleven <em>twelve</em>.', matchLevel: 'full' },
  });
  expect(snippet('text', 'one')).toEqual({
    text: { value: '<em>one</em> two three four five six seven eight nine ten…', matchLevel: 'full' },
  });
  expect(snippet('*:1', 'two')).toMatchObject({
    text: { value: '…<em>two</em>…' },
    meta: { tags: [{ value: '…<em>two</em>…' }] },
  });
  expect(snippet('text:50', 'two')).toMatchObject({ text: { value: text.replace('two', '<em>two</em>') } });
});

test('highlighting finds what searching finds, and takes nothing away', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'É', 'e\u0301', 'ß', ' ', '-', '1', '日', '😀') });
  fc.assert(
    fc.property(text, text, (given, query) => {
      const words = queryWordsOf(query, 'prefixLast');
      const tokens = tokensOf(given, words);
      expect(tokens.map(({ start, end }) => wordsOf(given.slice(start, end)))).toEqual(
        wordsOf(given).map((word) => [word]),
      );
      const marked = highlightedText(given, tokens, { pre: '<', post: '>' });
      expect(marked.replace(/[<>]/g, '')).toBe(given);
      const isFound = words.every((word) =>
        wordsOf(given).some((one) => (word.isPrefix ? one.startsWith(word.text) : one === word.text)),
      );
      expect(matchedWords(tokens, words).length === words.length).toBe(isFound);
    }),
    { numRuns: 2_000 },
  );
});

import { expect, test } from 'vitest';
import { createDatabase } from '../../support/postgres.ts';
import { foundTexts, textForms } from '../../support/text-forms.ts';
import { expectNoSecrets, search } from './planted-secrets-case.ts';

test('planted secrets are found nowhere, and what may be seen is', async () => {
  await using database = await createDatabase();
  expectNoSecrets(await search(database, 'pgoutput'));
});

test('the search finds a text in every form', () => {
  const text = 'a "text" of märz, with ü';
  for (const form of textForms(text)) {
    const place = Buffer.concat([Buffer.from('before '), form, Buffer.from(' behind')]);
    expect(foundTexts({ text }, new Map([['place', place]]))).toEqual(['text in place']);
  }
  for (const before of ['', 'x', 'xy', 'xyz']) {
    const place = Buffer.from(Buffer.from(`${before}${text} behind`).toString('base64'));
    expect(foundTexts({ text }, new Map([['place', place]]))).toEqual(['text in place']);
  }
  expect(foundTexts({ text }, new Map([['place', Buffer.from('a "text" of')]]))).toEqual([]);
});

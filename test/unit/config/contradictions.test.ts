import { describe, expect, it } from 'vitest';
import { contradictions } from '../../../src/config/contradictions.ts';
import { pathText } from '../../../src/config/problems.ts';

const places = (input: unknown): readonly string[] => contradictions(input).map(({ path }) => pathText(path));

describe('the plugin wal2json', () => {
  const replication = { plugin: 'wal2json' };
  const listed = { index: 'i', attributes: { id: 'id' } };

  it('needs attributes for every table, since no publication says which columns may leave Postgres', () => {
    const tables = { 'a.b': { index: 'i' }, 'a.c': listed, 'a.d': { index: 'j' } };
    expect(places({ replication, tables })).toEqual([
      'tables["a.b"].attributes',
      'tables["a.d"].attributes',
      'tables["a.c"].objectIDPrefix',
    ]);
    expect(contradictions({ replication, tables: { 'a.c': listed } })).toEqual([]);
    expect(contradictions({ tables: { 'a.b': { index: 'i' } } })).toEqual([]);
  });

  it('needs them for the table that is served when none is named, too', () => {
    expect(places({ replication })).toEqual(['tables["public.audit_log"].attributes']);
    expect(contradictions({})).toEqual([]);
  });
});

describe('a filter', () => {
  const tables = { 'a.b': { index: 'i', filter: 'true', attributes: { id: 'id' } } };

  it('is refused with wal2json, which would send every row', () => {
    expect(places({ replication: { plugin: 'wal2json' }, tables })).toEqual(['tables["a.b"].filter']);
    expect(contradictions({ replication: { plugin: 'pgoutput' }, tables })).toEqual([]);
  });
});

describe('settings of an index that several tables share', () => {
  const shared = (one: unknown, two: unknown) => ({
    tables: {
      'a.b': { index: 'i', objectIDPrefix: 'b', settings: one },
      'a.c': { index: 'i', objectIDPrefix: 'c', settings: two },
      'a.d': { index: 'j', settings: { hitsPerPage: 1 } },
    },
  });

  it('are the same, or said once', () => {
    expect(contradictions(shared({ ranking: ['x'] }, { ranking: ['x'] }))).toEqual([]);
    expect(contradictions(shared({ ranking: ['x'] }, undefined))).toEqual([]);
    expect(contradictions(shared(undefined, {}))).toEqual([]);
  });

  it('must not contradict each other', () => {
    expect(places(shared({ ranking: ['x'] }, {}))).toEqual(['tables["a.c"].settings']);
    expect(places(shared({ ranking: ['x'] }, { ranking: ['y'] }))).toEqual(['tables["a.c"].settings']);
  });
});

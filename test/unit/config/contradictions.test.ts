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

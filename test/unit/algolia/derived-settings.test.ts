import { describe, expect, it } from 'vitest';
import { deriveSettings, type IndexedTable } from '../../../src/algolia/derived-settings.ts';
import type { KeyAttributes } from '../../../src/config/key-attributes.ts';
import { ConfigError } from '../../../src/errors.ts';
import type { AttributeKind } from '../../../src/records/described-attributes.ts';

const ROLES: KeyAttributes = {
  tenantAttribute: 'tenant',
  actorAttribute: 'actor_id',
  timeAttribute: 'occurred_at',
};
const RANKING = ['typo', 'geo', 'words', 'filters', 'proximity', 'attribute', 'exact', 'custom'];

/** A table whose key is `id`. */
function table(kinds: Record<string, AttributeKind>, more: Partial<IndexedTable> = {}): IndexedTable {
  const attributes = Object.entries(kinds).map(([name, kind]) => ({ name, kind, isKey: name === 'id' }));
  return { qualifiedName: 'public.t', attributes, isCut: false, ...more };
}

const of = (kinds: Record<string, AttributeKind>, roles: Partial<KeyAttributes> = {}) =>
  deriveSettings([table(kinds)], { ...ROLES, ...roles }) as Record<string, unknown>;

describe('an audit log', () => {
  it('is searched by text, filtered by what tells rows apart, the newest first, without guesses at ids', () => {
    const settings = of({
      id: 'number',
      occurred_at: 'time',
      actor_type: 'text',
      actor_id: 'text',
      action: 'text',
      target_id: 'text',
      tenant: 'text',
      summary: 'text',
      duration: 'number',
      severity: 'choice',
      retried: 'flag',
      trace: 'id',
      metadata: 'document',
      payload: 'other',
    });
    expect(settings).toEqual({
      searchableAttributes: [
        'actor_type',
        'actor_id',
        'action',
        'target_id',
        'tenant',
        'summary',
        'severity',
        'trace',
        'unordered(metadata)',
      ],
      attributesForFaceting: [
        'actor_type',
        'searchable(actor_id)',
        'action',
        'filterOnly(target_id)',
        'tenant',
        'severity',
        'retried',
        'filterOnly(trace)',
      ],
      numericAttributesForFiltering: ['id', 'occurred_at_ms', 'duration', 'wal.committed_at_ms'],
      ranking: ['desc(occurred_at_ms)', ...RANKING],
      customRanking: ['desc(id)'],
      typoTolerance: 'min',
      allowTyposOnNumericTokens: false,
      disableTypoToleranceOnAttributes: ['actor_id', 'target_id', 'trace'],
    });
  });

  it('has its tenant and its actor filterable whatever they are called', () => {
    const roles = { tenantAttribute: 'summary', actorAttribute: 'label' };
    const names = of({ summary: 'text', label: 'text' }, roles)['attributesForFaceting'];
    expect(names).toEqual(['summary', 'searchable(label)']);
    const ids = of({ org_id: 'number' }, { tenantAttribute: 'org_id' });
    expect(ids['attributesForFaceting']).toEqual(['filterOnly(org_id)']);
    expect(ids['numericAttributesForFiltering']).toContain('org_id');
  });
});

describe('the time that ranks', () => {
  it('is the configured one, else one with a known name, else the first', () => {
    const ranking = (kinds: Record<string, AttributeKind>, timeAttribute = 'occurred_at') =>
      (of(kinds, { timeAttribute })['ranking'] as string[] | undefined)?.[0];
    const times = { updated: 'time', created_at: 'time', at: 'time' } as const;
    expect(ranking(times, 'at')).toBe('desc(at_ms)');
    expect(ranking(times)).toBe('desc(created_at_ms)');
    expect(ranking({ updated: 'time', at: 'time' })).toBe('desc(updated_ms)');
    expect(ranking({ name: 'text' })).toBeUndefined();
  });

  it('is that of the commit where records have none, and no number for a key', () => {
    expect(of({ id: 'text', name: 'text' })).toMatchObject({ customRanking: ['desc(wal.committed_at_ms)'] });
    expect(of({ id: 'text', name: 'text' })['disableTypoToleranceOnAttributes']).toEqual(['id']);
    expect(of({ id: 'text' })['attributesForFaceting']).toEqual([]);
  });
});

describe('tables that share an index', () => {
  const one = table({ id: 'number', at: 'time', v: 'text' }, { qualifiedName: 'a.one' });
  const two = table(
    { id: 'number', at: 'time', v: 'number', w: 'text' },
    { qualifiedName: 'a.two', isCut: true },
  );

  it('have the attributes of all, and can be told apart', () => {
    expect(deriveSettings([one, two], ROLES)).toMatchObject({
      searchableAttributes: ['v', 'w'],
      attributesForFaceting: ['v', 'w', 'source_table', '_cut'],
      numericAttributesForFiltering: ['id', 'at_ms', 'v', 'wal.committed_at_ms'],
      customRanking: ['desc(id)'],
    });
  });

  it('cannot be ranked by two times, unless it is said how', () => {
    const other = table({ id: 'text', created: 'time' }, { qualifiedName: 'a.three' });
    expect(() => deriveSettings([one, other], ROLES)).toThrow(ConfigError);
    expect(() => deriveSettings([one, other], ROLES)).toThrow(/a\.one and a\.three .*"at" and "created"/);
    expect(deriveSettings([one, other], ROLES, { ranking: ['custom'] })).toMatchObject({
      ranking: ['custom'],
      customRanking: ['desc(wal.committed_at_ms)'],
    });
  });
});

it('what is given takes the place of what is derived; names that would be read otherwise are left out', () => {
  const kinds = { id: 'number', 'a,b': 'text', 'f(x)': 'number', name: 'text' } as const;
  const settings = deriveSettings([table(kinds)], ROLES, { typoTolerance: null, hitsPerPage: 50 });
  expect(settings).toMatchObject({
    searchableAttributes: ['name'],
    numericAttributesForFiltering: ['id', 'wal.committed_at_ms'],
    typoTolerance: null,
    hitsPerPage: 50,
  });
});

import { describe, expect, it } from 'vitest';
import { filtersText, type KeyScope, restrictionsOf } from '../../../src/algolia/key-scope.ts';
import { UsageError } from '../../../src/errors.ts';
import { parseFilters } from '../../../src/local/algolia/filter-parser.ts';

const NAMES = { tenantAttribute: 'tenant', actorAttribute: 'who.id', timeAttribute: 'at' };
const filters = (scope: KeyScope): string => filtersText(restrictionsOf(scope, NAMES));

describe('filters of a key', () => {
  it('hold all together, the end of the window outside', () => {
    expect(filters({ tenant: 'acme', actors: ['usr_1'], fromMs: 1000, untilMs: 2000 })).toBe(
      'tenant:"acme" AND who.id:"usr_1" AND at_ms >= 1000 AND at_ms < 2000',
    );
    expect(filters({})).toBe('');
    expect(filters({ fromMs: -5 })).toBe('at_ms >= -5');
  });

  it('have an opposite each', () => {
    expect(
      restrictionsOf({ actors: ['u'], fromMs: 1, untilMs: 2 }, NAMES).map(({ outside }) => outside),
    ).toEqual(['NOT who.id:"u"', 'at_ms < 1', 'at_ms >= 2']);
  });

  it('take any of several ids of an actor', () => {
    const [restriction] = restrictionsOf({ actors: ['a', 'b "c"'] }, NAMES);
    expect(restriction).toMatchObject({
      filter: `(who.id:"a" OR who.id:'b "c"')`,
      outside: `NOT who.id:"a" AND NOT who.id:'b "c"'`,
    });
    expect(parseFilters(filters({ tenant: 't', actors: ['a', 'b'], fromMs: 1 }))).toHaveLength(3);
  });

  it.each(['acme', 'a b', 'OR', 'x" OR y:z', "x' OR y:z", '(', 'a:b', '1 TO 2', 'ü😀', 'true', 'a,b', '*'])(
    'take %j as it is',
    (tenant) => {
      expect(parseFilters(filters({ tenant }))).toEqual([
        [{ kind: 'facet', attribute: 'tenant', value: tenant, negated: false }],
      ]);
    },
  );

  it.each(['', ' a', 'a ', '-a', 'a\\', `a'"`, 'a\u0000', 'a\u200bb', 'a\u202eb', '\ud800', 'a\nb'])(
    'refuse %j',
    (tenant) => {
      expect(() => filters({ tenant })).toThrow(UsageError);
      expect(() => filters({ actors: ['a', tenant] })).toThrow(/^--actor/);
    },
  );

  it.each([
    [2, 2],
    [3, 2],
  ])('refuse a window from %i until %i', (fromMs, untilMs) => {
    expect(() => filters({ fromMs, untilMs })).toThrow(UsageError);
  });
});

import { inspect } from 'node:util';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import type { ConfigInput } from '../../../src/config/schema.ts';
import { type Change, defineConfig, type MappedRecord } from '../../../src/create-pipeline.ts';

type TableInput = NonNullable<ConfigInput['tables']>[string];

const base = {
  postgres: { url: 'postgres://127.0.0.1/app' },
  algolia: { appId: 'app', apiKey: 'key' },
};

function transformOf(transform: unknown, more: Partial<TableInput> = {}) {
  const table = { index: 'a', transform, ...more } as TableInput;
  return parseConfig({ ...base, tables: { 'public.a': table } }).tables['public.a']?.transform;
}

const nothing = () => null;

test('a function is left as it is, and counts as pure only where that is said', () => {
  const apply = (record: MappedRecord) => record;
  expect(transformOf(apply)).toEqual({ apply, isPure: false });
  expect(transformOf({ apply })).toEqual({ apply, isPure: false });
  expect(transformOf({ apply, isPure: true })).toEqual({ apply, isPure: true });
  expect(transformOf(apply)?.apply).toBe(apply);
  expect(transformOf(undefined)).toBeUndefined();
});

test('defineConfig says what the function is given', () => {
  const config = defineConfig({
    ...base,
    tables: {
      'public.a': {
        index: 'a',
        transform: (record, change) => {
          const [id, given, lsn]: [string, MappedRecord, string | undefined] = [
            record.objectID,
            record,
            change.lsn,
          ];
          return change.operation === 'refresh' ? null : { ...given, id, lsn };
        },
      },
      'public.b': {
        index: 'b',
        transform: {
          apply: async (record, { xid }) => ({ ...record, xid, table: record.source_table }),
          isPure: true,
        },
      },
    },
  });
  const change: Change = {
    table: 'public.a',
    operation: 'refresh',
    objectID: '1',
    lsn: undefined,
    xid: undefined,
    committedAt: undefined,
  };
  const transform = parseConfig(config).tables['public.a']?.transform;
  expect(transform?.apply({ objectID: '1', source_table: 'public.a' }, change)).toBeNull();
});

test.each([
  [
    'a text, as in JSON',
    'record => record',
    'tables["public.a"].transform: expected a function of record and change',
  ],
  [
    'an empty object',
    {},
    'tables["public.a"].transform.apply: missing: expected a function of record and change',
  ],
  ['an unknown key', { apply: nothing, pure: true }, 'tables["public.a"].transform.pure: unknown key'],
  [
    'what is no boolean',
    { apply: nothing, isPure: 'yes' },
    'tables["public.a"].transform.isPure: expected true or false, got "yes"',
  ],
])('%s is no transform', (_, transform, message) => {
  expect(() => transformOf(transform)).toThrow(message);
});

test('in JSON it says where a function can stand', () => {
  expect(() => transformOf('x')).toThrow('only a configuration in JavaScript or TypeScript can have one');
});

test('a transform and a cut contradict each other', () => {
  expect(() => transformOf(() => null, { oversize: 'cut' })).toThrow(
    'tables["public.a"].oversize: no "cut" beside `transform`',
  );
  expect(transformOf(() => null, { oversize: 'set-aside' })).toBeDefined();
});

test('a configuration that is printed shows no code', () => {
  const apply = () => ({ key: 'secret' });
  const config = parseConfig({ ...base, tables: { 'public.a': { index: 'a', transform: apply } } });
  expect(inspect(config, { depth: 9 })).not.toContain('secret');
  expect(JSON.stringify(config)).not.toContain('secret');
});

import { describe, expect, test } from 'vitest';
import type { TableConfig } from '../../../src/config/schema.ts';
import { ConfigError, UnknownTypeError } from '../../../src/errors.ts';
import { encoderOf, INT8, TIMESTAMPTZ, thrown } from './record-encoder-case.ts';
import { relationOf } from './tuples.ts';

describe('a mapping that does not fit', () => {
  const problem = (columns: Record<string, number>, table: Partial<TableConfig> = {}) => {
    const error = thrown(() => encoderOf(relationOf(columns), { table }));
    expect(error).toBeInstanceOf(ConfigError);
    return `${error.message}\n${error.remedy}`;
  };

  test('columns that are not published', () => {
    expect(problem({ uid: INT8 })).toMatch(
      /public\.audit_log: objectID names the column "id".*published: uid/,
    );
    expect(problem({ id: INT8 }, { attributes: { a: 'gone', b: { column: 'lost' } } })).toMatch(
      /"gone".*"lost"/,
    );
  });

  test('an objectID column named twice', () => {
    expect(problem({ id: INT8 }, { objectID: ['id', 'id'] })).toMatch(/twice/);
  });

  test.each(['objectID', 'wal', 'source_table', '_tags', '__'])(
    'the reserved name %s, with a name to take instead',
    (name) => {
      const columns = { id: INT8, [name]: 25 };
      const message = problem(columns);
      expect(message).toContain(`"${name}" is a reserved name`);
      const [, free = ''] = /this one as "(.*)": /.exec(message) ?? [];
      expect(() => encoderOf(relationOf(columns), { table: { attributes: { [free]: name } } })).not.toThrow();
      expect(problem(columns, { attributes: { [name]: 'id' } })).toContain('rename it');
    },
  );

  test('a column beside the milliseconds of a timestamp', () => {
    const columns = { id: INT8, x: TIMESTAMPTZ, x_ms: INT8 };
    expect(problem(columns)).toMatch(/"x_ms" is both.*\n.*"x_ms_value": "x_ms"/);
    expect(problem(columns, { attributes: { y: 'x', y_ms: 'id' } })).toContain('"y_ms" is both');
    expect(() => encoderOf(relationOf({ id: INT8, x: 25, x_ms: INT8 }))).not.toThrow();
    const attributes = { x: { column: 'x', as: 'string' as const }, x_ms: 'x_ms' };
    expect(() => encoderOf(relationOf(columns), { table: { attributes } })).not.toThrow();
  });

  test('conversions that mean nothing', () => {
    expect(problem({ id: INT8, b: 16 }, { attributes: { b: { column: 'b', as: 'number' } } })).toMatch(
      /attribute "b".*number/,
    );
    const zoned = (timeZone: string) => ({ attributes: { t: { column: 't', timeZone } } });
    expect(problem({ id: INT8, t: 1114 }, zoned('Europe/Bielefeld'))).toContain('"Europe/Bielefeld"');
    expect(problem({ id: INT8, t: 25 }, zoned('Europe/Berlin'))).toContain('timeZone');
  });

  test('everything wrong with the names is said at once', () => {
    const message = problem({ id: INT8, wal: 25, _a: 25, x: 1114, x_ms: 25 });
    for (const name of ['wal', '_a', 'x_ms']) expect(message).toContain(`"${name}" is`);
  });

  test('a type that is not known is another error, and only where it is used', () => {
    const relation = relationOf({ id: INT8, new: 20_000 });
    expect(() => encoderOf(relation)).toThrow(UnknownTypeError);
    expect(() => encoderOf(relation, { table: { attributes: {} } })).not.toThrow();
  });
});

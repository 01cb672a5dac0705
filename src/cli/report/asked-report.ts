import type { ReportConfig } from '../../config/validation.ts';
import { UsageError } from '../../errors.ts';
import { actorIds, recordIds } from '../../records/actor-ids.ts';
import type { Condition, Question } from '../../reports/question.ts';

/** One of the three questions, as it was put. Times are microseconds since 1970; `original` says that the id is no pseudonym, whatever its form. */
export type AskedReport =
  | { readonly kind: 'record'; readonly type: string; readonly id: string; readonly original?: boolean }
  | { readonly kind: 'actor'; readonly id: string; readonly original?: boolean }
  | { readonly kind: 'window'; readonly fromMicros: bigint; readonly toMicros: bigint };

/** Of an index of the configuration, or another one. Throws a UsageError for a window in which nothing lies, and for ids that cannot be told. */
export function questionOf(asked: AskedReport, config: ReportConfig, index: string): Question {
  const { keys, reports } = config;
  const forever = { fromMicros: undefined, toMicros: undefined };
  const filling = Object.entries(config.tables).filter(([, table]) => table.index === index);
  const inIndex = { ...config, tables: Object.fromEntries(filling) };
  switch (asked.kind) {
    case 'record': {
      const { type, id, original: isOriginal = false } = asked;
      // Where a column says the kind of a pseudonym, it is that of the target's type.
      const ids = recordIds(inIndex, reports.targetIdAttribute, id, { isOriginal, kind: type });
      const conditions: Condition[] = [
        { attribute: reports.targetTypeAttribute, values: [type] },
        { attribute: reports.targetIdAttribute, values: ids },
      ];
      return { conditions, ...forever };
    }
    case 'actor': {
      const ids = actorIds(inIndex, asked.id, asked.original);
      return { conditions: [{ attribute: keys.actorAttribute, values: ids }], ...forever };
    }
    case 'window':
      if (asked.fromMicros >= asked.toMicros)
        throw new UsageError('FROM is not before TO: nothing lies between them');
      return { conditions: [], fromMicros: asked.fromMicros, toMicros: asked.toMicros };
  }
}

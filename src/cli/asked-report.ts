import type { ReportConfig } from '../config/validation.ts';
import { UsageError } from '../errors.ts';
import { actorIds, recordIds } from '../records/actor-ids.ts';
import type { Condition, Question } from '../reports/question.ts';

/** One of the three questions, as it was put. Times are microseconds since 1970. */
export type AskedReport =
  | { readonly kind: 'record'; readonly type: string; readonly id: string }
  | { readonly kind: 'actor'; readonly id: string }
  | { readonly kind: 'window'; readonly fromMicros: bigint; readonly toMicros: bigint };

/** Throws a UsageError for a window in which nothing lies. */
export function questionOf(asked: AskedReport, config: ReportConfig): Question {
  const { keys, reports } = config;
  const forever = { fromMicros: undefined, toMicros: undefined };
  switch (asked.kind) {
    case 'record': {
      const conditions: Condition[] = [
        { attribute: reports.targetTypeAttribute, values: [asked.type] },
        { attribute: reports.targetIdAttribute, values: targetIds(asked, config) },
      ];
      return { conditions, ...forever };
    }
    case 'actor':
      return {
        conditions: [{ attribute: keys.actorAttribute, values: actorIds(config, asked.id) }],
        ...forever,
      };
    case 'window':
      if (asked.fromMicros >= asked.toMicros)
        throw new UsageError('FROM is not before TO: nothing lies between them');
      return { conditions: [], fromMicros: asked.fromMicros, toMicros: asked.toMicros };
  }
}

/** Where a column says the kind of a pseudonym, it is that of the target's type. */
function targetIds({ type, id }: { readonly type: string; readonly id: string }, config: ReportConfig) {
  return recordIds(config, config.reports.targetIdAttribute, id, { kind: type });
}

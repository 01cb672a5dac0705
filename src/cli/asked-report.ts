import type { ReportConfig } from '../config/validation.ts';
import { UsageError } from '../errors.ts';
import { actorIds } from '../records/actor-ids.ts';
import type { Condition, Question } from '../reports/question.ts';

/** One of the three questions, as it was put. Times are microseconds since 1970. */
export type AskedReport =
  | { readonly kind: 'record'; readonly type: string; readonly id: string }
  | { readonly kind: 'actor'; readonly id: string; readonly original?: boolean | undefined }
  | { readonly kind: 'window'; readonly fromMicros: bigint; readonly toMicros: bigint };

/** Throws a UsageError for a window in which nothing lies. */
export function questionOf(asked: AskedReport, config: ReportConfig, index: string): Question {
  const { keys, reports } = config;
  const forever = { fromMicros: undefined, toMicros: undefined };
  switch (asked.kind) {
    case 'record': {
      const conditions: Condition[] = [
        { attribute: reports.targetTypeAttribute, values: [asked.type] },
        { attribute: reports.targetIdAttribute, values: [asked.id] },
      ];
      return { conditions, ...forever };
    }
    case 'actor':
      return {
        conditions: [{ attribute: keys.actorAttribute, values: idsOf(asked, config, index) }],
        ...forever,
      };
    case 'window':
      if (asked.fromMicros >= asked.toMicros)
        throw new UsageError('FROM is not before TO: nothing lies between them');
      return { conditions: [], fromMicros: asked.fromMicros, toMicros: asked.toMicros };
  }
}

/** As the tables of this index call the actor. */
function idsOf(
  { id, original }: Extract<AskedReport, { kind: 'actor' }>,
  config: ReportConfig,
  index: string,
): readonly string[] {
  const tables = Object.entries(config.tables).filter(([, table]) => table.index === index);
  return actorIds({ ...config, tables: Object.fromEntries(tables) }, id, original);
}

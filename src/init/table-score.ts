import type { FoundTable } from '../database/found-tables.ts';
import { squeezed, words } from './column-words.ts';
import { findRoles, type Role } from './roles.ts';

/** How much a table looks like an audit log, and what speaks for it. */
export type Score = { readonly points: number; readonly reasons: readonly string[] };

/** Names that many tables have, whatever they are about. */
const WEAK = new Set(
  'type user username login loginname email useremail customerid accountid memberid createdby updatedby'.split(
    ' ',
  ),
);

const PARTS: readonly (readonly [roles: readonly Role[], points: number, reason: string])[] = [
  [['occurredAt'], 2, 'a time'],
  [['actorId'], 2, 'an actor'],
  [['action', 'op'], 2, 'an action'],
  [['targetId', 'targetType'], 2, 'a target'],
  [['before', 'after'], 2, 'documents before and after'],
  [['requestId', 'metadata', 'outcome'], 1, 'circumstances'],
];

export function scoreTable({ name, columns }: Pick<FoundTable, 'name' | 'columns'>): Score {
  const roles = findRoles(columns);
  const named = nameScore(words(name));
  const found = PARTS.filter(([wanted]) =>
    wanted.some((role) => {
      const column = roles.get(role);
      return column !== undefined && !WEAK.has(squeezed(column.name));
    }),
  );
  return {
    points: named.points + found.reduce((sum, [, points]) => sum + points, 0),
    reasons: [...named.reasons, ...found.map(([, , reason]) => reason)],
  };
}

function nameScore(name: string): Score {
  if (/audit|(^|_)trail(_|$)/.test(name)) return { points: 3, reasons: ['its name'] };
  if (
    /(^|_)(logs?|logged|history|histories|journal|activity|activities|events?|changes|versions)(_|$)/.test(
      name,
    )
  )
    return { points: 2, reasons: ['its name'] };
  return { points: 0, reasons: [] };
}

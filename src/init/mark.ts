import type { FoundColumn } from '../database/found-tables.ts';
import {
  isAddress,
  isChoice,
  isDevice,
  isDocument,
  isFlag,
  isNumber,
  isSpan,
  isText,
  isTime,
  isUuid,
} from './column-kinds.ts';
import type { Role } from './roles.ts';
import { type Meaning, meaningOf } from './sensitive-names.ts';

export type Kind = string | { readonly column: string };

/** What becomes of a column, and why, in a few words. */
export type Mark =
  | { readonly tag: 'indexed'; readonly why: string }
  /** `kind` says whose id it is, or which column says so: the same value of the same kind has the same pseudonym everywhere. */
  | { readonly tag: 'pseudonymised'; readonly kind: Kind; readonly why: string }
  | { readonly tag: 'dropped'; readonly why: string };

const indexed = (why: string): Mark => ({ tag: 'indexed', why });
const dropped = (why: string): Mark => ({ tag: 'dropped', why });
const pseudonymised = (kind: Kind, why: string): Mark => ({ tag: 'pseudonymised', kind, why });

const ROLE_TEXTS: Readonly<Record<Exclude<Role, 'actorId' | 'targetId' | 'metadata'>, string>> = {
  seq: 'grows with every row',
  occurredAt: 'when it happened',
  actorType: 'what kind of actor',
  action: 'what was done',
  op: 'insert, update or delete',
  targetType: 'what kind of thing it was done to',
  outcome: 'how it ended',
  requestId: 'the request that caused it',
  txId: 'the transaction of the application',
  source: 'where it came from',
  tenant: 'the customer whose data it concerns',
  before:
    'compared with the other one; secrets and what tells of persons are hidden in it, ids of persons have pseudonyms',
  after:
    'compared with the other one; secrets and what tells of persons are hidden in it, ids of persons have pseudonyms',
};

/**
 * By name, type and part: no value is looked at. What may tell who somebody is does not go out as it stands. `targetKind` says what
 * things are done to; undefined where that is never a person.
 */
export function markColumn(column: FoundColumn, role: Role | undefined, targetKind?: Kind): Mark {
  if (column.isGenerated) return dropped('generated, and so not in the WAL');
  const meaning = meaningOf(column.name);
  if (role !== undefined) return markRole(role, meaning, targetKind);
  return markSpecial(column, meaning) ?? markValue(column, meaning);
}

/** What is in the objectID stands there as it is, so that a pseudonym beside it would hide nothing. */
export function markKey(mark: Mark): Mark {
  if (mark.tag !== 'pseudonymised') return mark;
  return dropped(`${mark.why}: to be pseudonymised it must not be in the objectID, which shows it`);
}

function markRole(role: Role, meaning: Meaning, targetKind: Kind | undefined): Mark {
  if (role === 'actorId') return pseudonymised(kindOf(meaning) ?? 'user', 'who did it');
  if (role === 'metadata') return dropped('a document, of which nobody knows what is in it');
  if (role !== 'targetId')
    return meaning.tag === 'secret' ? dropped('a secret, by its name') : indexed(ROLE_TEXTS[role]);
  if (targetKind === undefined) return indexed('what it was done to');
  return pseudonymised(kindOf(meaning) ?? targetKind, 'what it was done to, which may be a person');
}

/** What its type decides, whatever it is called. */
function markSpecial(column: FoundColumn, meaning: Meaning): Mark | undefined {
  if (meaning.tag === 'secret') return dropped('a secret, by its name');
  if (isDocument(column)) return dropped('a document, of which nobody knows what is in it');
  if (isAddress(column)) return identified(column, 'ip');
  if (isDevice(column)) return identified(column, 'device');
  if (!isValue(column)) return dropped(`of type ${column.type}, which says nothing in a search`);
  return undefined;
}

function markValue(column: FoundColumn, meaning: Meaning): Mark {
  if (meaning.tag === 'personal') return dropped('says something of a person');
  if (isFlag(column) || isTime(column) || isSpan(column)) return indexed('a value');
  if (meaning.tag === 'identifier') return identified(column, meaning.kind);
  if (isNumber(column)) return indexed(meaning.tag === 'thing' ? 'an id' : 'a number');
  if (isUuid(column)) return indexed('an id');
  if (isChoice(column) || meaning.tag === 'category') return indexed('one of a few values');
  if (meaning.tag === 'thing') return indexed('an id');
  return dropped(
    meaning.tag === 'free-text' ? 'free text, may hold personal data' : 'text, may hold personal data',
  );
}

function identified(column: FoundColumn, kind: string): Mark {
  if (column.isArray) return dropped(`several values that identify somebody (${kind})`);
  return pseudonymised(kind, `identifies somebody (${kind})`);
}

function kindOf(meaning: Meaning): string | undefined {
  return meaning.tag === 'identifier' ? meaning.kind : undefined;
}

function isValue(column: FoundColumn): boolean {
  return [isFlag, isTime, isSpan, isNumber, isUuid, isChoice, isText].some((fits) => fits(column));
}

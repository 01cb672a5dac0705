import type { FoundColumn } from '../database/found-tables.ts';
import { isChoice, isFlag, isJson, isName, isText, isTime } from './column-kinds.ts';
import { squeezed } from './column-words.ts';

/** What a column can say in a record of the standard audit mapping. */
export type Role =
  | 'seq'
  | 'occurredAt'
  | 'actorType'
  | 'actorId'
  | 'action'
  | 'op'
  | 'targetType'
  | 'targetId'
  | 'outcome'
  | 'requestId'
  | 'txId'
  | 'source'
  | 'tenant'
  | 'before'
  | 'after'
  | 'metadata';

type Vocabulary = {
  readonly role: Role;
  readonly fits: (column: FoundColumn) => boolean;
  /** Squeezed, the best first. */
  readonly names: readonly string[];
};

const isWord = (column: FoundColumn): boolean => !column.isArray && (isText(column) || isChoice(column));
const isResult = (column: FoundColumn): boolean => isWord(column) || (!column.isArray && isFlag(column));

/**
 * What audit logs call their columns: those of this project, of the audit triggers and libraries that are in use (paper_trail, audited,
 * Laravel's, Django's, supa_audit, audit-trigger), and of logs that people wrote themselves. A name stands with one role alone.
 */
const VOCABULARY: readonly Vocabulary[] = [
  {
    role: 'occurredAt',
    fits: isTime,
    names:
      list(`occurredat happenedat eventtime eventat eventtimestamp eventdate actiontime actionat actiontimestamp
      actiondate actiontstampclk actiontstampstm actiontstamptx actiontstamp performedat executedat doneat changedat
      changetime changedate changedon timestamp ts tstamp time at datetime stamp logtime logtimestamp loggedat logdate
      audittimestamp audittime auditdate auditedat recordedat createdat createtime createdate createddate createdon
      creationdate creationtime created insertedat insertdate entrydate date`),
  },
  {
    role: 'actorId',
    fits: isName,
    names:
      list(`actorid actoruuid actor causerid initiatorid initiator performedbyid performedby doneby executedby
      changedby triggeredby initiatedby modifiedby principalid principal userid useruuid userguid uid whodunnit whoid who
      author authorid operatorid operator staffid employeeid adminid memberid personid accountid customerid createdbyid
      createdby updatedby sessionusername dbuser username userlogin login loginname user actoremail useremail email`),
  },
  {
    role: 'actorType',
    fits: isWord,
    names: list(
      'actortype actorkind usertype causertype initiatortype principaltype performedbytype authortype whotype',
    ),
  },
  {
    role: 'action',
    fits: isName,
    names:
      list(`action actionname actiontype actioncode event eventname eventtype eventcode activity activityname
      activitytype verb operationname logaction auditaction auditevent auditeventtype type`),
  },
  {
    role: 'op',
    fits: isWord,
    names: list(
      'op operation operationtype optype crud dml dmltype dmlaction tgop changetype mutation mutationtype',
    ),
  },
  {
    role: 'targetType',
    fits: isWord,
    names:
      list(`targettype targetkind entitytype entityname entity objecttype resourcetype recordtype itemtype subjecttype
      auditabletype tablename modelname modeltype model classname aggregatetype collection resource objectname relname
      doctype documenttype`),
  },
  {
    role: 'targetId',
    fits: isName,
    names:
      list(`targetid targetuuid targetkey target entityid entityuuid entitykey objectid objectpk objectuuid resourceid
      resourceuuid recordid recorduuid recordkey recordpk itemid itemuuid subjectid auditableid rowid rowpk rowkey modelid
      aggregateid primarykey pk documentid docid`),
  },
  {
    role: 'outcome',
    fits: isResult,
    names: list('outcome result resultstatus status success succeeded issuccess wassuccessful successful'),
  },
  {
    role: 'requestId',
    fits: isName,
    names: list(
      'requestid requestuuid reqid xrequestid correlationid correlationuuid traceid batchuuid batchid',
    ),
  },
  { role: 'txId', fits: isName, names: list('txid transactionid transid xid xactid') },
  {
    role: 'source',
    fits: isWord,
    names: list(
      'source origin channel sourcesystem applicationname application appname app servicename service component',
    ),
  },
  {
    role: 'tenant',
    fits: isName,
    names:
      list(`tenant tenantid tenantuuid organizationid organisationid orgid organization organisation org workspaceid
      workspace companyid company teamid`),
  },
  {
    role: 'before',
    fits: isJson,
    names:
      list(`before beforedata beforestate beforevalues oldvalues oldvalue olddata oldrecord oldrow old previousvalues
      previousdata previousstate previous databefore rowbefore original originaldata oldjson`),
  },
  {
    role: 'after',
    fits: isJson,
    names:
      list(`after afterdata afterstate aftervalues newvalues newvalue newdata newrecord newrow new currentvalues
      currentdata dataafter rowafter record newjson`),
  },
  {
    role: 'metadata',
    fits: isJson,
    names: list('metadata meta context extra additionaldata details properties'),
  },
];

export type Roles = ReadonlyMap<Role, FoundColumn>;

/** Who plays which part, by name and type. Each column plays one at most; of several, that with the better name. */
export function findRoles(columns: readonly FoundColumn[]): Roles {
  const roles = new Map<Role, FoundColumn>();
  for (const { role, fits, names } of VOCABULARY) {
    const candidates = columns.filter((column) => !column.isGenerated && fits(column));
    const best = candidates
      .map((column) => ({ column, rank: names.indexOf(squeezed(column.name)) }))
      .filter(({ rank }) => rank >= 0)
      .sort((a, b) => a.rank - b.rank)[0];
    const found = best?.column ?? (role === 'occurredAt' ? onlyTime(candidates) : undefined);
    if (found !== undefined) roles.set(role, found);
  }
  // `event` may be all that says what was done, or say only insert, update or delete.
  const op = roles.get('op');
  if (!roles.has('action') && op !== undefined) roles.set('action', op);
  return roles;
}

/** A log with one time means that one, whatever it is called; of several, the first that is never missing. */
function onlyTime(times: readonly FoundColumn[]): FoundColumn | undefined {
  return times.length === 1 ? times[0] : times.find(({ isNotNull }) => isNotNull);
}

function list(names: string): readonly string[] {
  return names.split(/\s+/);
}

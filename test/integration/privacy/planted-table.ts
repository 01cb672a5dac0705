const secret = (place: string): string => `s3cr3t "${place}" of märz`;

/** What must be found nowhere, by where it is planted. */
export const SECRETS = {
  dropped: secret('dropped column'),
  unlisted: secret('column that is not published'),
  hidden: secret('hidden path'),
  added: secret('object added whole'),
  listed: secret('object in a list'),
  deep: secret('object at a pseudonym'),
  actor: secret('pseudonym of a column'),
  by: secret('pseudonym of a path'),
  owner: secret('pseudonym in changes'),
  member: secret('pseudonym in a list in changes'),
  lookupKey: secret('id whose name is looked up'),
  lookupColumn: secret('column beside the name'),
  thrown: secret('error of a transform'),
  password: secret('password of the database'),
  apiKey: 's3cr3t-key-of-Algolia',
  pseudonymKey: secret('key of the pseudonyms'),
};

/** Stands in every row, and may be seen. */
export const CONTROL = 'control "text" of märz';

const FILLER = 'x'.repeat(3_000);
export const BEFORE = { password: FILLER, owner_id: 1, members: [1], status: 'old', list: [] };
export const AFTER = {
  password: SECRETS.hidden,
  owner_id: SECRETS.owner,
  members: [1, SECRETS.member],
  status: 'new',
  profile: { password: SECRETS.added, owner_id: { name: SECRETS.deep }, city: 'seen' },
  list: [{ password: SECRETS.listed, n: 1, owner_id: SECRETS.owner }],
};

/** A configuration of two tables that conceals all of them, as JavaScript. */
export function configText(slot: string, publication: string, plugin: string): string {
  const replication = plugin === 'pgoutput' ? { slot, publication } : { slot, plugin };
  const attributes = {
    seq: 'id',
    occurred_at: 'at',
    note: 'note',
    control: 'control',
    actor_id: { column: 'actor', pseudonym: 'user', label: 'actor_label' },
    by: { column: 'data', path: 'by', pseudonym: 'user' },
    target: { column: 'target', lookup: 'users' },
    changes: {
      changes: {
        before: 'before',
        after: 'after',
        fields: 'fields',
        hide: ['**.password'],
        pseudonyms: { '**.owner_id': 'user', members: 'user' },
      },
    },
  };
  const rest = {
    replication,
    algolia: { statusIndex: 'log_status' },
    pseudonyms: { keys: [{ id: 'only', file: 'key' }] },
    lookups: { users: { table: 'public.users', value: 'name' } },
  };
  const transform = `(record) => {
    if (record.note === 'throw') throw new RangeError(${JSON.stringify(SECRETS.thrown)} + record.actor_id);
    return record;
  }`;
  const table = JSON.stringify({ index: 'log', attributes, settings: {} });
  const bare = {
    index: 'bare',
    objectID: ['code'],
    attributes: { control: 'control', actor_id: { column: 'actor', pseudonym: 'user' } },
  };
  const tables = `{ 'public.log': { ...${table}, transform: ${transform} }, 'public.bare': ${JSON.stringify(bare)} }`;
  return `{ ...${JSON.stringify(rest)}, tables: ${tables} }`;
}

/**
 * The one table of who may import whom. A room is a folder of src or a file of the same name; rooms stand from the
 * top of the house to the ground. `value` may be imported, of `types` only the types. An entry with a slash names one
 * file of a room. `errors`, `failure-policy`, `lsn`, `own-schema` and `time-limit` are open to every room. What is not listed is forbidden.
 */
export const rooms = {
  main: { value: ['cli'], types: [] },
  cli: {
    value: [
      'create-pipeline',
      'supervisor',
      'start-checks',
      'http',
      'pipeline',
      'index-settings',
      'init',
      'backfill',
      'algolia',
      'config',
      'database',
      'records/actor-ids',
      'records/pseudonyms',
      'records/refresh-request',
      'records/erased-actors',
      'records/erasure-message',
      'verify',
      'reports',
      'replay',
      'completeness/instant',
      'telemetry',
      'local/algolia',
      'local/postgres',
      'local/producer',
      'admin',
    ],
    types: ['replication', 'records'],
  },
  'create-pipeline': {
    value: ['supervisor', 'algolia', 'config', 'telemetry'],
    types: ['attempt', 'pipeline'],
  },
  http: { value: ['telemetry'], types: ['supervisor', 'config'] },
  supervisor: {
    value: [
      'attempt',
      'start-checks',
      'config/reference-tables',
      'algolia/unsettled',
      'completeness/closing',
      'refresh/delivered',
      'dead-letters/summary',
      'operators',
      'telemetry',
    ],
    types: ['algolia', 'records', 'replication', 'database', 'config'],
  },
  replay: { value: ['records', 'replication', 'operators'], types: ['config'] },
  init: { value: ['config/rules', 'config/spelling'], types: ['database'] },
  'index-settings': {
    value: ['algolia', 'records/described-attributes', 'database', 'config/columns'],
    types: ['config'],
  },
  'start-checks': {
    value: ['algolia', 'records', 'database', 'config/columns'],
    types: ['replication', 'config'],
  },
  attempt: {
    value: [
      'pipeline',
      'line-readers',
      'backfill',
      'verify',
      'sweep',
      'completeness',
      'algolia',
      'dead-letters',
      'replication',
      'operators',
    ],
    types: ['refresh', 'drafts', 'lookups', 'records', 'telemetry', 'config'],
  },
  'line-readers': {
    value: ['refresh', 'drafts', 'lookups'],
    types: ['sweep', 'replication', 'config'],
  },
  pipeline: {
    value: ['algolia', 'records', 'replication', 'operators'],
    types: ['sweep', 'refresh', 'drafts', 'lookups', 'dead-letters', 'telemetry', 'config'],
  },
  sweep: {
    value: ['refresh', 'records', 'database', 'config/columns'],
    types: ['algolia', 'dead-letters', 'config'],
  },
  backfill: { value: ['records', 'database', 'config/columns'], types: ['config'] },
  verify: {
    value: [
      'sweep/patience',
      'refresh',
      'drafts',
      'records',
      'algolia/backoff',
      'algolia/failures',
      'database',
      'config/columns',
    ],
    types: ['algolia', 'config'],
  },
  reports: {
    value: ['algolia', 'completeness/instant'],
    types: ['completeness', 'config'],
  },
  completeness: {
    value: ['algolia/backoff', 'database'],
    types: ['algolia', 'dead-letters', 'replication', 'config'],
  },
  refresh: {
    value: ['records', 'replication/messages', 'database', 'config/columns'],
    types: ['config'],
  },
  drafts: { value: ['records'], types: ['lookups', 'config'] },
  lookups: { value: ['records', 'database'], types: ['config'] },
  algolia: {
    value: ['records/operations', 'operators', 'telemetry'],
    types: ['records', 'dead-letters', 'config'],
  },
  'dead-letters': { value: ['database'], types: ['records', 'config'] },
  records: {
    value: ['replication/messages', 'operators', 'config/columns'],
    types: ['replication', 'config', 'database'],
  },
  replication: { value: ['database', 'telemetry'], types: ['config'] },
  admin: { value: ['telemetry'], types: ['config'] },
  'local/algolia': { value: ['telemetry'], types: [] },
  'local/producer': { value: ['database'], types: [] },
  'local/postgres': { value: ['database'], types: [] },
  config: { value: [], types: [] },
  database: { value: [], types: [] },
  telemetry: { value: [], types: [] },
  operators: { value: [], types: [], builtins: false },
  'failure-policy': { value: [], types: [], builtins: false },
  errors: { value: [], types: [], builtins: false },
  lsn: { value: [], types: [], builtins: false },
  'own-schema': { value: [], types: [], builtins: false },
  'time-limit': { value: [], types: [] },
};

/** Rooms that every other room may import. */
export const open = ['errors', 'failure-policy', 'lsn', 'own-schema', 'time-limit'];

/** The one owner of each npm package: a room, or single files of it. `types` may import its types as well. */
export const packages = {
  'pg-logical-replication': { value: ['replication/transport'], types: [] },
  pg: { value: ['database'], types: ['replication', 'local/producer', 'local/postgres'] },
  rxjs: {
    value: [
      'replication/session',
      'replication/ranged-session',
      'replication/walsender',
      'records/steps',
      'operators',
      'algolia/writer',
      'algolia/index-writer',
      'algolia/isolation',
      'algolia/requests',
      'algolia/persistence',
      'algolia/publication',
      'algolia/removal',
      'pipeline',
      'attempt',
      'supervisor',
      'create-pipeline',
      'replay/touched-reading',
    ],
    types: [],
  },
  algoliasearch: { value: ['algolia'], types: [] },
  '@algolia/client-common': { value: ['algolia'], types: [] },
  '@algolia/requester-node-http': { value: ['algolia'], types: [] },
  zod: { value: ['config'], types: [] },
  jiti: { value: ['config'], types: [] },
  commander: { value: ['cli'], types: [] },
  fastify: { value: ['http', 'local/algolia'], types: [] },
  pino: { value: ['telemetry'], types: [] },
  'prom-client': { value: ['telemetry'], types: [] },
};

export const linesPerFileMax = 250;

/** Names that say nothing about what is inside. */
export const emptyNames = [
  'utils',
  'util',
  'helpers',
  'helper',
  'common',
  'shared',
  'types',
  'misc',
  'index',
];

/** The only file that may end the process or listen to signals. */
export const processOwner = 'src/main.ts';

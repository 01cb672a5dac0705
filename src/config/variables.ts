type Reading = 'text' | 'integer' | 'list';

export type Variable = {
  readonly name: string;
  /** Where its value goes: in the configuration, or among what only the environment can say. */
  readonly path: readonly string[];
  readonly reading: Reading;
  /** May also be given as a file, by `NAME_FILE`. */
  readonly secret: boolean;
};

/** Variables that are needed before the configuration is there. */
export const CONFIG_FILE_VARIABLE = 'WAL2ALGOLIA_CONFIG';
export const LOG_LEVEL_VARIABLE = 'LOG_LEVEL';

/** Variables that stand for a key of the configuration. */
export const variables: readonly Variable[] = [
  { name: 'DATABASE_URL', path: ['postgres', 'url'], reading: 'text', secret: true },
  { name: 'ALGOLIA_APP_ID', path: ['algolia', 'appId'], reading: 'text', secret: false },
  { name: 'ALGOLIA_API_KEY', path: ['algolia', 'apiKey'], reading: 'text', secret: true },
  { name: 'ALGOLIA_SEARCH_KEY', path: ['algolia', 'searchKey'], reading: 'text', secret: true },
  { name: 'ALGOLIA_HOSTS', path: ['algolia', 'hosts'], reading: 'list', secret: false },
  { name: 'ALGOLIA_STATUS_INDEX', path: ['algolia', 'statusIndex'], reading: 'text', secret: false },
  { name: 'WAL2ALGOLIA_SLOT', path: ['replication', 'slot'], reading: 'text', secret: false },
  { name: 'WAL2ALGOLIA_PUBLICATION', path: ['replication', 'publication'], reading: 'list', secret: false },
  { name: 'WAL2ALGOLIA_HTTP_HOST', path: ['http', 'host'], reading: 'text', secret: false },
  { name: 'WAL2ALGOLIA_HTTP_PORT', path: ['http', 'port'], reading: 'integer', secret: false },
];

/** Variables without a key: no configuration file may hold them. */
export const environmentOnly: readonly (Variable & { readonly description: string })[] = [
  {
    name: 'WAL2ALGOLIA_SETUP_DATABASE_URL',
    path: ['setupPostgresUrl'],
    reading: 'text',
    secret: true,
    description: 'Connection with the rights of `setup`. Left out: `DATABASE_URL`.',
  },
  {
    name: 'ALGOLIA_ADMIN_KEY',
    path: ['adminKey'],
    reading: 'text',
    secret: true,
    description: 'Key with the rights of `setup`: settings and editSettings. Left out: `ALGOLIA_API_KEY`.',
  },
  {
    name: 'ALGOLIA_STATUS_KEY',
    path: ['statusKey'],
    reading: 'text',
    secret: true,
    description:
      'Key with which `report` searches the status index, as `keys mint --status` makes it. Left out: the one that it searches the events with.',
  },
  {
    name: 'WAL2ALGOLIA_PSEUDONYM_KEY',
    path: ['pseudonymKey'],
    reading: 'text',
    secret: true,
    description: 'Key of the pseudonyms, of at least 32 bytes, where one serves all time.',
  },
  {
    name: 'WAL2ALGOLIA_EVIDENCE_KEY',
    path: ['evidenceKey'],
    reading: 'text',
    secret: true,
    description:
      'Ed25519 private key in PEM that `verify --evidence` signs with. See [evidence](docs/evidence.md).',
  },
  {
    name: LOG_LEVEL_VARIABLE,
    path: ['logLevel'],
    reading: 'text',
    secret: false,
    description: 'fatal, error, warn, info, debug, trace or silent.',
  },
];

/** A value that is given by something stronger than the file. */
export type Override = { readonly path: readonly string[]; readonly value: unknown; readonly from: string };

/** A number or list as the schema wants it; what does not read as one stays text, for the schema to refuse. */
export function readValue(text: string, reading: Reading): unknown {
  switch (reading) {
    case 'text':
      return text;
    case 'integer':
      return /^\d{1,15}$/.test(text.trim()) ? Number(text) : text;
    case 'list':
      return text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== '');
  }
}

export const CONFIG = [
  '--config <file>',
  'configuration file (default: wal2algolia.config.{json,js,mjs,ts})',
] as const;
export const JSON_FLAG = ['--json', 'print the facts as JSON'] as const;
export const SLOT = ['--slot <name>', 'replication slot'] as const;
export const PUBLICATION = ['--publication <names>', 'publication, or several separated by commas'] as const;

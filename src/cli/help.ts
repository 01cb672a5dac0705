/** Below the list of commands: what scripts have to know. */
export const HELP = `
Environment (stronger than the configuration file; secrets also as NAME_FILE):
  DATABASE_URL                    postgres:// URL of the database
  ALGOLIA_APP_ID                  application
  ALGOLIA_API_KEY                 key that may add and delete records
  ALGOLIA_SEARCH_KEY              key that may only search, parent of the keys that keys mint makes
  ALGOLIA_STATUS_KEY              key for the status index, where ALGOLIA_SEARCH_KEY does not see it
  ALGOLIA_HOSTS                   URLs in place of Algolia's own, separated by commas
  ALGOLIA_STATUS_INDEX            index for what the others are complete through
  WAL2ALGOLIA_CONFIG              configuration file, as --config
  WAL2ALGOLIA_SLOT                replication slot
  WAL2ALGOLIA_PUBLICATION         publication
  WAL2ALGOLIA_HTTP_HOST           where /healthz, /readyz, /status and /metrics listen
  WAL2ALGOLIA_HTTP_PORT           8080 unless given; 0 takes a free one
  WAL2ALGOLIA_PSEUDONYM_KEY       key of the pseudonyms
  WAL2ALGOLIA_EVIDENCE_KEY        private key that verify --evidence signs with
  LOG_LEVEL                       fatal, error, warn, info, debug, trace or silent
  WAL2ALGOLIA_SETUP_DATABASE_URL  for init, setup and recover, where DATABASE_URL lacks a right
  ALGOLIA_ADMIN_KEY               for index settings, where ALGOLIA_API_KEY may not read or change them

Without a configuration file, table public.audit_log goes to index audit_log.

Exit codes:
   0  done, or drained after SIGTERM or SIGINT
  64  wrong usage
  65  table and index differ
  69  Postgres or Algolia is out of reach
  70  a defect of this program
  75  could not finish in time, or was told twice to stop; safe to run again
  76  the slot is lost or there is a gap: you decide
  78  configuration or a precondition is wrong
`;

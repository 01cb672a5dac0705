import { createPipeline } from 'wal2algolia';

const { DATABASE_URL, ALGOLIA_APP_ID, ALGOLIA_API_KEY, ALGOLIA_HOSTS } = process.env;
const stop = new AbortController();
process.once('SIGTERM', () => stop.abort());

createPipeline(
  {
    postgres: { url: DATABASE_URL },
    algolia: { appId: ALGOLIA_APP_ID, apiKey: ALGOLIA_API_KEY, hosts: ALGOLIA_HOSTS?.split(',') },
    tables: { 'public.audit_log': { index: 'audit_log' } },
  },
  { signal: stop.signal },
).subscribe({
  next: ({ lsn, committedAt, records, bytes }) => console.log({ lsn, committedAt, records, bytes }),
  error: (error) => console.error(error.code, error.message, error.remedy),
  complete: () => console.log('drained'),
});

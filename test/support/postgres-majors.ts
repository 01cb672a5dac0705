/** The majors that the tests run on. The whole suite runs on the newest, the version suites on each of the others. */
export const MAJORS = [14, 15, 16, 17, 18] as const;

export const OLDEST = 14;
export const NEWEST = 18;
/** The first major that has row filters. */
export const FILTERS_SINCE = 15;

/** The only major for which Debian 12 has wal2json. */
export const WAL2JSON_MAJOR = 15;

const SOURCES = ['url', 'docker', 'embedded', 'system'] as const;

/** Where a Postgres for the tests may come from, in the order in which they are looked for. */
export type PostgresSource = (typeof SOURCES)[number];

/** The one source that WAL2ALGOLIA_TEST_POSTGRES names, else all. Throws when it names something else. */
export function allowedSources(): readonly PostgresSource[] {
  const forced = process.env['WAL2ALGOLIA_TEST_POSTGRES'] || undefined;
  if (forced === undefined) return SOURCES;
  const source = SOURCES.find((name) => name === forced);
  if (source !== undefined) return [source];
  throw new Error(`WAL2ALGOLIA_TEST_POSTGRES is "${forced}": expected ${SOURCES.join(', ')}`);
}

/** What WAL2ALGOLIA_TEST_POSTGRES_VERSION says of the whole suite, if anything. Throws when that is no major. */
export function saidMajor(): number | undefined {
  const said = process.env['WAL2ALGOLIA_TEST_POSTGRES_VERSION'] || undefined;
  if (said === undefined) return undefined;
  const major = MAJORS.find((known) => String(known) === said);
  if (major !== undefined) return major;
  throw new Error(`WAL2ALGOLIA_TEST_POSTGRES_VERSION is "${said}": expected one of ${MAJORS.join(', ')}`);
}

export const givenUrl = (): string | undefined => process.env['WAL2ALGOLIA_TEST_DATABASE_URL'] || undefined;

/**
 * The majors of the version suites: all but the one that the whole suite is sure to run on. Of a given URL or of what happens to
 * be installed that is not known yet, and then the version suites run on all of them.
 */
export function versionSuiteMajors(): readonly number[] {
  const isOpen =
    givenUrl() !== undefined || (allowedSources().includes('system') && allowedSources().length === 1);
  const whole = saidMajor() ?? (isOpen ? undefined : NEWEST);
  return MAJORS.filter((major) => major !== whole);
}

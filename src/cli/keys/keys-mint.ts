import { type Algolia, createAlgolia } from '../../algolia/client.ts';
import { RefusedError } from '../../algolia/failures.ts';
import { checkFilterable } from '../../algolia/filterable.ts';
import { filtersText, type Restriction, restrictionsOf } from '../../algolia/key-scope.ts';
import { type Trial, tryKey } from '../../algolia/key-trial.ts';
import { checkParent } from '../../algolia/parent-key.ts';
import { mintKey } from '../../algolia/secured-key.ts';
import { loadKeyConfig } from '../../config/load.ts';
import type { Secret } from '../../config/secret.ts';
import type { KeyConfig } from '../../config/validation.ts';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { actorIds } from '../../records/actor-ids.ts';
import { countText } from '../amounts.ts';
import type { Context } from '../context.ts';
import { harmless, Output } from '../output.ts';

export type MintFlags = {
  readonly config?: string;
  readonly json?: boolean;
  readonly tenant?: string;
  readonly actor?: string;
  /** What `actor` is stands in the database. */
  readonly original?: boolean;
  /** Milliseconds since the epoch, as all times here. */
  readonly from?: number;
  readonly until?: number;
  readonly index?: string;
  /** A key for the status index alone. */
  readonly status?: boolean;
  readonly expires: number;
};

/** Prints a key that sees a part of the indexes for some time; what it is, on standard error. */
export async function mintKeys(context: Context, flags: MintFlags): Promise<ExitCode> {
  const config = await loadKeyConfig({ ...context, flags: { config: flags.config } });
  const indexes = flags.status ? statusIndexes(config, flags) : chosenIndexes(config, flags.index);
  const { tenant, from: fromMs, until: untilMs } = flags;
  const actors = chosenActors(config, indexes, flags);
  const restrictions = restrictionsOf({ tenant, actors, fromMs, untilMs }, config.keys);
  const filters = filtersText(restrictions);
  const validUntil = Math.floor(flags.expires / 1000);
  const { appId, searchKey: parent, hosts } = config.algolia;
  const notes = [
    ...(await withClient(config, parent, (algolia) => checkParent(algolia, parent, indexes))),
    ...(await settingsNotes(config, indexes, restrictions)),
  ];
  const key = mintKey({ appId, parent, indexes, filters, validUntil });
  const trials = new Map<string, Trial>();
  for (const index of indexes)
    trials.set(index, await tryKey({ appId, hosts, parent: parent.reveal(), key, index, restrictions }));
  const until = new Date(validUntil * 1000).toISOString();
  const facts = {
    appId,
    indexes,
    filters,
    validUntil: until,
    notes: [...notes, ...(flags.status ? [] : keyNotes(key, restrictions))],
  };
  context.output.line(key);
  context.output.json({ key, ...facts, records: recordCounts(trials) });
  if (!context.output.asJson) tellFacts(new Output(context.stderr, false), facts, trials);
  return EXIT.done;
}

function chosenIndexes({ tables }: KeyConfig, named: string | undefined): readonly string[] {
  const configured = [...new Set(Object.values(tables).map(({ index }) => index))];
  if (named === undefined) return configured;
  const chosen = named.split(',').map((name) => name.trim());
  const unknown = chosen.find((name) => !configured.includes(name));
  if (unknown === undefined) return [...new Set(chosen)];
  throw new UsageError(`--index: no table goes into index "${harmless(unknown)}"`, {
    remedy: `There are: ${configured.join(', ')}.`,
  });
}

function chosenActors(
  config: KeyConfig,
  indexes: readonly string[],
  { actor, original }: MintFlags,
): readonly string[] | undefined {
  if (actor === undefined) return undefined;
  const tables = Object.entries(config.tables).filter(([, { index }]) => indexes.includes(index));
  return actorIds({ ...config, tables: Object.fromEntries(tables) }, actor, original);
}

/** No filter fits its records: they are of no tenant, no actor and no time. */
function statusIndexes({ algolia }: KeyConfig, flags: MintFlags): readonly string[] {
  const { tenant, actor, from, until, index } = flags;
  if ([tenant, actor, from, until, index].some((flag) => flag !== undefined)) {
    throw new UsageError('--status goes with none of --tenant, --actor, --from, --until and --index', {
      remedy: 'Make two keys: ALGOLIA_SEARCH_KEY for the events, ALGOLIA_STATUS_KEY for their status.',
    });
  }
  if (algolia.statusIndex !== undefined) return [algolia.statusIndex];
  throw new UsageError('--status: no status index is configured', {
    remedy: 'Set `algolia.statusIndex` or ALGOLIA_STATUS_INDEX.',
  });
}

async function withClient<T>(
  { algolia: options }: KeyConfig,
  key: Secret,
  work: (algolia: Algolia) => Promise<T>,
): Promise<T> {
  const timeouts = { firstByteMs: 10_000, answerMs: 10_000 };
  const algolia = createAlgolia({ ...options, apiKey: key.reveal(), timeouts });
  try {
    return await work(algolia);
  } finally {
    algolia.close();
  }
}

/** Rejects with a PreconditionError where the filters would not hold; says so where that cannot be known. */
async function settingsNotes(
  config: KeyConfig,
  indexes: readonly string[],
  restrictions: readonly Restriction[],
): Promise<readonly string[]> {
  if (restrictions.length === 0) return [];
  const unknown = (why: string): string[] => [
    `Whether the indexes can be filtered like this is not known: ${why}. Where they cannot, the key finds nothing.`,
  ];
  if (config.settingsKey === undefined) return unknown('it takes ALGOLIA_ADMIN_KEY, with the right settings');
  try {
    return await withClient(config, config.settingsKey, async (algolia) => {
      for (const index of indexes) {
        const settings = await algolia.getSettings(index);
        if (settings !== undefined) checkFilterable(index, settings, restrictions);
      }
      return [];
    });
  } catch (error) {
    if (error instanceof RefusedError)
      return unknown(`Algolia refused to show the settings (${error.reason})`);
    throw error;
  }
}

/** Algolia advises against longer ones. https://www.algolia.com/doc/guides/security/api-keys/how-to/user-restricted-access-to-data */
const KEY_LENGTH_MAX = 500;

function keyNotes(key: string, restrictions: readonly Restriction[]): string[] {
  return [
    ...(restrictions.length === 0 ? ['Nothing narrows it: it sees every record of these indexes.'] : []),
    ...(restrictions.some(({ kind }) => kind === 'facet')
      ? [
          'Algolia compares values without regard to case: it also sees records whose value differs in case alone.',
        ]
      : []),
    ...(key.length > KEY_LENGTH_MAX
      ? [`It has ${key.length} characters; Algolia advises against more than ${KEY_LENGTH_MAX}.`]
      : []),
  ];
}

function recordCounts(trials: ReadonlyMap<string, Trial>): Record<string, number | null> {
  return Object.fromEntries([...trials].map(([index, { records }]) => [index, records ?? null]));
}

type Facts = {
  readonly indexes: readonly string[];
  readonly filters: string;
  readonly validUntil: string;
  readonly notes: readonly string[];
};

function tellFacts(output: Output, facts: Facts, trials: ReadonlyMap<string, Trial>): void {
  output.table([
    ['indexes', facts.indexes.join(', ')],
    ['sees', facts.filters === '' ? 'everything' : facts.filters],
    ['until', facts.validUntil],
    ...[...trials].map(([index, trial]) => [`tried in ${index}`, trialText(trial)] as const),
  ]);
  for (const note of facts.notes) output.line(`note: ${note}`);
  output.line('Whoever has the key sees these records until then. Keep it out of logs, tickets and URLs;');
  output.line('it can be called back only by deleting its parent, and with it every key made from that.');
}

function trialText({ records, outsiders }: Trial): string {
  if (records === undefined) return 'there is no such index yet';
  const refused =
    outsiders === 0 ? '' : `, and none of ${countText(outsiders)} that were asked for from outside`;
  return `finds ${countText(records)} records now${refused}`;
}

import type { Secret } from '../config/secret.ts';
import { isAllowed, rightsToTruncate, rightsToWrite } from './preflight.ts';

type Tables = Parameters<typeof rightsToWrite>[0];

/** Which changes are followed; undefined while there is no publication that says so. */
export type Followed = { readonly deletes: boolean; readonly truncates: boolean } | undefined;

/** One key and what it is for. */
export type KeyUse = {
  readonly key: Secret;
  /** As the operator knows it. */
  readonly name: string;
  readonly needed: readonly string[];
  /** Not needed, and of some use: reading one's own rights takes `search`, asking about a task `addObject`. */
  readonly useful: readonly string[];
  readonly indexes: readonly string[];
};

export type KeyJudgement = {
  readonly missing: readonly string[];
  readonly superfluous: readonly string[];
  /** Indexes that it may not touch, and would have to. */
  readonly closed: readonly string[];
};

export type Keys = {
  readonly apiKey: Secret;
  readonly adminKey: Secret;
  readonly searchKey: Secret | undefined;
};

/** Reading records by a walk and by their objectIDs. `verify` uses the key of `run`. */
export const RIGHTS_TO_VERIFY = ['browse', 'search'] as const;

/** The keys that are configured. One that serves `run` and `setup` is one key, with what both need. */
export function keyUses(
  keys: Keys,
  tables: Tables,
  settingsIndexes: readonly string[],
  followed: Followed,
  statusIndex?: string,
): readonly KeyUse[] {
  const filled = Object.values(tables).map(({ index }) => index);
  const indexes = [...new Set(statusIndex === undefined ? filled : [...filled, statusIndex])];
  const run: KeyUse = {
    key: keys.apiKey,
    name: 'algolia.apiKey (run)',
    needed: rightsToWrite(tables, followed?.deletes === true),
    useful: distinct([
      'search',
      ...RIGHTS_TO_VERIFY,
      ...(followed === undefined ? ['deleteObject'] : []),
      ...(followed?.truncates === false ? [] : rightsToTruncate(tables)),
    ]),
    indexes,
  };
  const setup: KeyUse = {
    key: keys.adminKey,
    name: 'ALGOLIA_ADMIN_KEY (setup)',
    needed: ['settings', 'editSettings'],
    useful: ['search', 'addObject'],
    indexes: settingsIndexes,
  };
  const reader = keys.searchKey && {
    key: keys.searchKey,
    name: 'algolia.searchKey (search, and parent of minted keys)',
    needed: ['search'],
    useful: ['browse'],
    indexes,
  };
  const servesBoth = keys.apiKey.reveal() === keys.adminKey.reveal();
  const writing = settingsIndexes.length === 0 ? [run] : servesBoth ? [both(run, setup)] : [run, setup];
  return reader === undefined ? writing : [...writing, reader];
}

function distinct(rights: readonly string[]): readonly string[] {
  return [...new Set(rights)];
}

function both(run: KeyUse, setup: KeyUse): KeyUse {
  return {
    key: run.key,
    name: 'algolia.apiKey (run and setup)',
    needed: [...run.needed, ...setup.needed],
    useful: [...run.useful, ...setup.useful],
    indexes: run.indexes,
  };
}

export function judgeRights(
  { needed, useful, indexes }: KeyUse,
  rights: { readonly acl: readonly string[]; readonly indexes: readonly string[] },
): KeyJudgement {
  return {
    missing: needed.filter((right) => !rights.acl.includes(right)),
    superfluous: rights.acl.filter((right) => !needed.includes(right) && !useful.includes(right)),
    closed: indexes.filter((index) => !isAllowed(index, rights.indexes)),
  };
}

import { createAlgolia } from '../../algolia/client.ts';
import { RefusedError } from '../../algolia/failures.ts';
import { diffSettings, type SettingChange } from '../../algolia/settings.ts';
import type { Config } from '../../config/schema.ts';
import { Wal2AlgoliaError } from '../../errors.ts';
import { configuredIndexes } from '../../index-settings.ts';
import { readWantedSettings } from '../setup/index-setup.ts';

/** How the settings of one index stand to the configuration. */
export type SettingsState = { readonly index: string } & (
  | { readonly state: 'as-configured' }
  | { readonly state: 'differs'; readonly changes: readonly SettingChange[] }
  | { readonly state: 'unknown'; readonly reason: string }
);

/** A look at the state of things shall not hang on an application that does not answer. */
const TIMEOUTS = { firstByteMs: 10_000, answerMs: 10_000 };

/** Of each index whose settings are configured; whoever cannot be asked makes it unknown, and is no failure. */
export async function readSettingsState(config: Config): Promise<readonly SettingsState[]> {
  const indexes = [...configuredIndexes(config).keys()];
  if (indexes.length === 0) return [];
  const algolia = createAlgolia({
    ...config.algolia,
    apiKey: config.setup.adminKey.reveal(),
    timeouts: TIMEOUTS,
  });
  try {
    const wanted = await readWantedSettings(config, config.postgres.url, 'wal2algolia status');
    return await Promise.all(
      indexes.map(async (index): Promise<SettingsState> => {
        try {
          const changes = diffSettings((await algolia.getSettings(index)) ?? {}, wanted.get(index) ?? {});
          return changes.length === 0
            ? { index, state: 'as-configured' }
            : { index, state: 'differs', changes };
        } catch (error) {
          return { index, state: 'unknown', reason: reasonOf(error) };
        }
      }),
    );
  } catch (error) {
    const reason = reasonOf(error);
    return indexes.map((index) => ({ index, state: 'unknown', reason }));
  } finally {
    algolia.close();
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Wal2AlgoliaError)) throw error;
  const may = error instanceof RefusedError && error.status === 403 && !error.isOfUnknownKey;
  return may
    ? `the key of setup may not read them (${error.reason}): that takes the right settings, which ALGOLIA_ADMIN_KEY has`
    : error.message;
}

export function settingsText(state: SettingsState): string {
  switch (state.state) {
    case 'as-configured':
      return 'as configured';
    case 'differs':
      return `differ from the configuration in ${state.changes.map(({ name }) => name).join(', ')}: \`setup --dry-run\` shows how`;
    case 'unknown':
      return `not known: ${state.reason}`;
  }
}

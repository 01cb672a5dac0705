import { missingVariables } from '../config/given-variables.ts';
import type { Environment } from '../config/log-level.ts';
import type { OutputFile } from '../config/output-file.ts';
import { hasPseudonyms } from '../init/proposal.ts';
import type { Initiated } from './init/init-view.ts';

const CONNECTIONS = ['DATABASE_URL', 'ALGOLIA_APP_ID', 'ALGOLIA_API_KEY'];
const PSEUDONYM_KEY = 'WAL2ALGOLIA_PSEUDONYM_KEY';

/** Lines for a shell: what is still missing in the environment, and then the commands. */
export function nextCommands(
  { tables }: Initiated,
  { name, isFound }: OutputFile,
  environment: Environment | undefined,
): readonly string[] {
  const missing = missingVariables(CONNECTIONS, environment);
  const needsKey = tables.some(({ proposal }) => hasPseudonyms(proposal));
  const config = isFound ? '' : ` --config ${shellWord(name)}`;
  return [
    ...(missing.length === 0 ? [] : [`export ${missing.map((each) => `${each}=...`).join(' ')}`]),
    ...(needsKey && missingVariables([PSEUDONYM_KEY], environment).length > 0
      ? [
          `export ${PSEUDONYM_KEY}="$(openssl rand -base64 32)"   # keep it: another key gives everybody other pseudonyms`,
        ]
      : []),
    `wal2algolia setup --dry-run${config}`,
    `wal2algolia setup${config}`,
    `wal2algolia run${config}`,
  ];
}

function shellWord(text: string): string {
  return /^[\w./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

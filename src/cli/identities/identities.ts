import { resolve } from 'node:path';
import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import type { PseudonymKey } from '../../config/pseudonym-keys.ts';
import { identitiesSql } from '../../database/identity-query.ts';
import { type FoundIdentity, readIdentities } from '../../database/identity-reader.ts';
import { loadTypeCatalog } from '../../database/type-catalog.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { Pseudonyms } from '../../records/pseudonyms.ts';
import { countText } from '../amounts.ts';
import { connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';
import { Output } from '../output.ts';
import { csvLine } from '../report/csv.ts';
import { writeSecretFile } from '../secret-file.ts';
import { identityPlaces } from './identity-places.ts';

export type IdentityFlags = Pick<ConfigFlags, 'config'> & {
  readonly json?: boolean;
  readonly kind?: string;
  readonly format: 'csv' | 'json';
  readonly output?: string;
};

const COLUMNS = ['pseudonym', 'label', 'kind', 'key', 'original'] as const;
type Identity = Readonly<Record<(typeof COLUMNS)[number], string>>;

/** All rows, or an error: nobody's may be left out in silence. */
const SETTINGS = { search_path: '', row_security: 'off', default_transaction_read_only: 'on' };

/** Prints whom the pseudonyms mean, under each key under which rows have them, and that this is a secret. */
export async function exportIdentities(context: Context, flags: IdentityFlags): Promise<ExitCode> {
  const { format, kind, output: file } = flags;
  const config = await loadConfig({ ...context, flags });
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia identities', SETTINGS);
  let count = 0;
  try {
    const sql = identitiesSql(await identityPlaces(client, config), await loadTypeCatalog(client), kind);
    const write = async (target: (text: string) => unknown): Promise<void> => {
      const writer = new IdentityWriter(config.pseudonyms.keys, format);
      await target(writer.head);
      for await (const found of readIdentities(client, sql)) await target(writer.text(found));
      await target(writer.tail);
      count = writer.count;
    };
    if (file === undefined) await write((text) => context.output.sink.write(text));
    else await writeSecretFile(resolve(context.cwd ?? '.', file), write);
  } finally {
    await client.end().catch(() => undefined);
  }
  tell(new Output(context.stderr, false), count, file);
  return EXIT.done;
}

/** The text of an export, part by part. */
class IdentityWriter {
  count = 0;
  readonly head: string;
  readonly tail: string;
  readonly #keys: readonly PseudonymKey[];
  readonly #pseudonyms: Pseudonyms;
  readonly #isCsv: boolean;

  constructor(keys: readonly PseudonymKey[], format: 'csv' | 'json') {
    this.#keys = keys;
    this.#pseudonyms = new Pseudonyms(keys);
    this.#isCsv = format === 'csv';
    this.head = this.#isCsv ? csvLine(COLUMNS) : '[';
    this.tail = this.#isCsv ? '' : '\n]\n';
  }

  text(found: readonly FoundIdentity[]): string {
    return found.map((each) => this.#line(this.#identity(each))).join('');
  }

  #identity({ kind, original, key }: FoundIdentity): Identity {
    const pseudonym = this.#pseudonyms.under(key, kind, original);
    const label = this.#pseudonyms.label(pseudonym);
    return { pseudonym, label, kind, key: this.#keys[key]?.id ?? '', original };
  }

  #line(identity: Identity): string {
    this.count += 1;
    if (this.#isCsv) return csvLine(COLUMNS.map((name) => identity[name]));
    return `${this.count === 1 ? '' : ','}\n${JSON.stringify(identity)}`;
  }
}

function tell(output: Output, count: number, file: string | undefined): void {
  const place = file === undefined ? '' : `, in a file that only you can read`;
  output.line(`${countText(count)} pseudonyms with what they stand for${place}.`);
  output.line('This is the secret that the index does not hold: whoever has it knows who did what.');
  output.line('Hand it on by another channel than the index, and to those alone who have to know.');
}

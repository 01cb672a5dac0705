import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import type { Config } from '../../config/schema.ts';
import { type Erasure, ErasureList } from '../../database/own-tables/erasure-list.ts';
import { EXIT, type ExitCode, UsageError } from '../../errors.ts';
import { parseLsn } from '../../lsn.ts';
import { actorIds } from '../../records/actor-ids.ts';
import { actorDigest } from '../../records/erased-actors.ts';
import { ERASURE_MESSAGE } from '../../records/erasure-message.ts';
import { isPseudonym } from '../../records/pseudonyms.ts';
import { countText } from '../amounts.ts';
import { connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';
import type { Output } from '../output.ts';
import { slotPassed } from '../slot-passing.ts';
import { checkErasingKey, coveredTables } from './erase-checks.ts';

export type EraseFlags = ConfigFlags & {
  readonly yes?: boolean;
  readonly wait?: boolean;
  readonly json?: boolean;
};

/** Adds an actor to the list of the erased, and waits until nothing of them is left in the index. */
export async function eraseActor(
  { output, ...context }: Context,
  { actor, ...flags }: EraseFlags & { readonly actor: string },
): Promise<ExitCode> {
  if (actor === '')
    throw new UsageError('an empty id is nobody', { remedy: 'Name the actor as in its rows.' });
  const config = await loadConfig({ ...context, flags });
  const { slot } = config.replication;
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia erase');
  try {
    const covered = await coveredTables(client, config);
    const more = idsInRecords(config, actor).map(actorDigest);
    const list = await ErasureList.open(client, slot);
    await checkErasingKey(config);
    for (const table of covered.others)
      output.line(`note: records of ${table} have no "${config.keys.actorAttribute}", and stay`);
    if (flags.yes !== true) {
      throw new UsageError(
        `this would remove the actor's records of ${covered.tables.join(', ')} from the index for good; nothing was done`,
        { remedy: 'Add --yes. Rows in Postgres stay as they are.' },
      );
    }
    const id = await list.add({ digest: actorDigest(actor), more }, ERASURE_MESSAGE);
    const target = parseLsn(await list.position());
    const progress = new Progress(output);
    const isFinished = async (): Promise<boolean> => {
      const erasure = await list.byId(id);
      progress.saw(erasure);
      return erasure === undefined || erasure.finishedAt !== null;
    };
    if (flags.wait !== false) {
      const { stderr: logSink, signal } = context;
      await slotPassed({ client, config, target, until: isFinished, logSink, signal });
    }
    report(output, await list.byId(id));
    return EXIT.done;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** What stands for them in records, under any key. Rows hold the id itself, by which they are kept out. */
function idsInRecords(config: Config, actor: string): readonly string[] {
  const isPseudonymised = Object.values(config.tables).some(({ attributes }) => {
    const attribute = attributes?.[config.keys.actorAttribute];
    return typeof attribute === 'object' && 'pseudonym' in attribute;
  });
  if (isPseudonymised && isPseudonym(actor)) {
    throw new UsageError('a pseudonym does not tell which rows to keep out', {
      remedy: 'Name the id that stands in the rows; `wal2algolia identities export` tells it.',
    });
  }
  return actorIds(config, actor, true).filter((id) => id !== actor);
}

/** Tells how many are gone whenever that has changed. */
class Progress {
  readonly #output: Output;
  #told = 0;

  constructor(output: Output) {
    this.#output = output;
  }

  saw(erasure: Erasure | undefined): void {
    if (erasure === undefined || erasure.finishedAt !== null || erasure.records === this.#told) return;
    this.#told = erasure.records;
    this.#output.line(`removed so far: ${countText(erasure.records)}`);
  }
}

function report(output: Output, erasure: Erasure | undefined): void {
  output.json(erasure ?? null);
  if (erasure === undefined) output.line('somebody has taken it off the list again');
  else if (erasure.finishedAt === null)
    output.line(`erasure ${erasure.id} is on the list; the pipeline removes what is there`);
  else {
    output.table([
      ['erasure', erasure.id],
      ['records removed', countText(erasure.records)],
      ['dead letters removed', countText(erasure.deadLetters)],
      ['tables', erasure.tables.join(', ')],
      ['finished at', erasure.finishedAt],
    ]);
  }
}

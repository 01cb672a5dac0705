import { type ConfigFlags, loadConfig } from '../../config/load.ts';
import { ErasureList } from '../../database/own-tables/erasure-list.ts';
import { EXIT, type ExitCode } from '../../errors.ts';
import { countText } from '../amounts.ts';
import { columnLines } from '../columns.ts';
import { connectOnce } from '../connection.ts';
import type { Context } from '../context.ts';

/** The traces of all erasures of the slot, which name nobody. */
export async function listErasures(
  { output, ...context }: Context,
  flags: ConfigFlags & { readonly json?: boolean },
): Promise<ExitCode> {
  const config = await loadConfig({ ...context, flags });
  const client = await connectOnce(config.postgres.url.reveal(), 'wal2algolia erase');
  try {
    const list = await ErasureList.open(client, config.replication.slot);
    const erasures = await list.all();
    output.json({ erasures });
    if (erasures.length === 0) output.line('nobody was erased');
    else {
      const names = ['id', 'erased at', 'by', 'finished at', 'records', 'dead letters', 'tables'];
      const rows = erasures.map((each) => [
        each.id,
        each.erasedAt,
        each.erasedBy,
        each.finishedAt ?? 'not yet',
        countText(each.records),
        countText(each.deadLetters),
        each.tables.join(', '),
      ]);
      for (const line of columnLines(names, rows)) output.line(line);
    }
    return EXIT.done;
  } finally {
    await client.end().catch(() => undefined);
  }
}

import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/load.ts';
import { readPublications } from '../../../src/database/publication/publication.ts';
import { readServer } from '../../../src/database/server.ts';
import { startChecks } from '../../../src/start-checks.ts';
import { lineConfig, startIndex } from '../../support/line.ts';
import { connect, createDatabase } from '../../support/postgres.ts';
import { tables } from './refresh-case.ts';

test('what would stop the pipeline at some later change is said at the start, and nothing else', async () => {
  await using database = await createDatabase();
  const { client, name, publication } = database;
  const role = `${name}_run`;
  await client.query(`CREATE TABLE t (id int PRIMARY KEY, note text); CREATE PUBLICATION "${publication}" FOR TABLE t;
    CREATE ROLE ${role} LOGIN REPLICATION PASSWORD 'p'; GRANT SELECT (id) ON t TO ${role}`);
  const url = new URL(database.url);
  url.username = role;
  url.password = 'p';
  const run = await connect(url.href);
  try {
    await using server = await startIndex();
    const config = parseConfig(lineConfig(database, server, { tables }));
    const notices = async (acl: readonly string[]): Promise<string> => {
      const told: string[] = [];
      const key = { keyRights: async () => ({ acl, indexes: [] }), isPublished: async () => true };
      const publications = await readPublications(run, [publication]);
      const found = { client: run, server: await readServer(run), types: new Map(), publications };
      await startChecks(config, key as never, (notice) => told.push(notice))({
        ...found,
        bindings: new Map(),
      });
      return told.join('\n');
    };
    const writes = ['addObject', 'deleteObject'];
    expect(await notices(writes)).toMatch(
      /public\.t: .* lacks SELECT on note\n.*TRUNCATE.* lacks the right deleteIndex/,
    );
    await client.query(`GRANT SELECT ON t TO ${role}`);
    expect(await notices([...writes, 'deleteIndex'])).toBe('');
    await client.query('ALTER TABLE t ENABLE ROW LEVEL SECURITY');
    expect(await notices([...writes, 'deleteIndex'])).toMatch(/row security filters it$/);
    await client.query(`ALTER PUBLICATION "${publication}" SET (publish = 'insert')`);
    expect(await notices(['addObject'])).toBe('');
  } finally {
    await run.end();
    await client.query(`DROP OWNED BY ${role}; DROP ROLE ${role}`);
  }
});

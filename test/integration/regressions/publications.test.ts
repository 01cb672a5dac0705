import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

async function streaming() {
  const database = await createDatabase();
  await createAuditLog(database);
  const server = await startIndex();
  const line = startLine(lineConfig(database, server));
  await database.client.query(`INSERT INTO audit_log (action) VALUES ('first.sent')`);
  await drained(database);
  return {
    database,
    line,
    [Symbol.asyncDispose]: async () => {
      await line[Symbol.asyncDispose]();
      await server[Symbol.asyncDispose]();
      await database[Symbol.asyncDispose]();
    },
  };
}

const POSITION = '[0-9A-F]+/[0-9A-F]+';

/** Each leaves it as it was. */
const changes: Readonly<Record<string, (database: TestDatabase) => Promise<unknown>>> = {
  'another operation, and back': async ({ client, publication }) => {
    await client.query(`ALTER PUBLICATION "${publication}" SET (publish = 'update')`);
    await client.query(`INSERT INTO audit_log (action) VALUES ('never.sent')`);
    await client.query(`ALTER PUBLICATION "${publication}" SET (publish = 'insert, update, delete')`);
  },
  'the table taken out, and put in again': async ({ client, publication }) => {
    await client.query(`ALTER PUBLICATION "${publication}" DROP TABLE audit_log`);
    await client.query(`INSERT INTO audit_log (action) VALUES ('never.sent')`);
    await client.query(`ALTER PUBLICATION "${publication}" ADD TABLE audit_log`);
  },
};

test.each(Object.entries(changes))(
  'a publication that is changed and changed back between two looks is a gap: %s',
  async (_name, change) => {
    await using here = await streaming();
    await change(here.database);
    await expect(here.line.ended).rejects.toMatchObject({
      exitCode: 76,
      message: expect.stringMatching(
        new RegExp(`publication was changed between ${POSITION} and ${POSITION}`),
      ),
    });
  },
);

test("PG18's missing-publication warning: a publication that is gone stops it, also where Postgres only warns", async () => {
  await using here = await streaming();
  const { client, publication } = here.database;
  await client.query(`DROP PUBLICATION "${publication}"`);
  await client.query(`INSERT INTO audit_log (action) VALUES ('never.sent')`);
  await expect(here.line.ended).rejects.toMatchObject({
    exitCode: 76,
    remedy: expect.stringMatching(/setup|recover/),
  });
});

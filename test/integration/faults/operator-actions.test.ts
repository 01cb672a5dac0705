import { expect, test } from 'vitest';
import { createAuditLog } from '../../support/audit-log.ts';
import { drained, lineConfig, startIndex, startLine } from '../../support/line.ts';
import { createDatabase, type TestDatabase } from '../../support/postgres.ts';

const endWalsender = ({ slot }: TestDatabase): string =>
  `SELECT pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE slot_name = '${slot}'`;

const actions: Record<string, { act: (database: TestDatabase) => Promise<unknown>; code: number }> = {
  'the slot is dropped': {
    act: async (database) => {
      await database.client.query(
        `DO $$ BEGIN
          LOOP
            BEGIN
              PERFORM pg_terminate_backend(active_pid, 10000) FROM pg_replication_slots WHERE slot_name = '${database.slot}';
              PERFORM pg_drop_replication_slot('${database.slot}');
              EXIT;
            EXCEPTION WHEN object_in_use THEN NULL;
            END;
          END LOOP; END $$`,
      );
    },
    code: 76,
  },
  'the table is dropped and made again under its name': {
    act: async ({ client, publication }) => {
      await client.query('DROP TABLE audit_log');
      await client.query('CREATE TABLE audit_log (id int PRIMARY KEY, action text)');
      await client.query(`ALTER PUBLICATION "${publication}" ADD TABLE audit_log`);
      await client.query(`INSERT INTO audit_log VALUES (1, 'a.b')`);
    },
    code: 76,
  },
  'a column that the objectID needs is renamed': {
    act: async ({ client }) => {
      await client.query('ALTER TABLE audit_log RENAME id TO number');
      await client.query(`INSERT INTO audit_log (action) VALUES ('a.b')`);
    },
    code: 78,
  },
  'the role may no longer log in': {
    act: async (database) => {
      await database.client.query(`ALTER ROLE ${database.name} PASSWORD 'another'`);
      await database.client.query(endWalsender(database));
    },
    code: 78,
  },
};

test.each(Object.entries(actions))(
  'while it streams, %s: it stops and says so',
  async (_name, { act, code }) => {
    await using database = await createDatabase();
    const { client, name } = database;
    await createAuditLog(database);
    await client.query(`CREATE ROLE ${name} LOGIN REPLICATION PASSWORD 'the-first-one'`);
    const address = new URL(database.url);
    address.username = name;
    address.password = 'the-first-one';
    await using server = await startIndex();
    try {
      await using line = startLine({ ...lineConfig(database, server), postgres: { url: address.href } });
      await client.query(`INSERT INTO audit_log (action) VALUES ('first.sent')`);
      await drained(database);
      await act(database);
      const error: unknown = await line.ended.catch((reason: unknown) => reason);
      expect(error).toMatchObject({ exitCode: code, remedy: expect.stringMatching(/\w{3}/) });
      expect(String(error)).not.toMatch(/the-first-one|another/);
    } finally {
      await client.query(`DROP ROLE ${name}`);
    }
  },
);

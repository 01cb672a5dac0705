import pg from 'pg';

/** Reads what a COPY sends and drops it; stands in where psql is not installed. */
const [connectionString = '', statement = '', application_name = ''] = process.argv.slice(2);
const client = new pg.Client({ connectionString, application_name });
await client.connect();
// The client itself has no handler for the rows of a COPY, and passes over them.
await client.query(statement);
await client.end();

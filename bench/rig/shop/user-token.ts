import pg from 'pg';
import type { PostgresServer } from '#lab/stores/postgres.ts';

/** The token of the newest mail that waits for the notification service: what the owner of the mailbox would click. */
export async function readUserToken(server: PostgresServer): Promise<string> {
  const client = new pg.Client(server.url('user_db'));
  await client.connect();
  try {
    const { rows } = await client.query(
      `select payload::json ->> 'token' as token from outbox where payload::json ->> 'token' is not null order by id desc limit 1`,
    );
    return rows[0].token;
  } finally {
    await client.end();
  }
}

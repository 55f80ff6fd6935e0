/** Removes what is of no use to anybody any more, a batch at a time. */
import { deleteBatch, deleteBatchSql } from '#chassis/postgres/delete-batch.ts';
import type { Connection, Statement } from '#chassis/postgres/statement.ts';

/** Some milliseconds of work: never in the way of a request. */
export const purgeBatch = 1000;

const purge = (name: string, table: string, where: string): Statement =>
  deleteBatchSql(name, { table, where, limit: purgeBatch });

/** Ended sessions and used tokens stay a month: customers see them in their export, support asks for them. */
const purges: readonly { readonly table: string; readonly statement: Statement }[] = [
  { table: 'registrations', statement: purge('purge_registrations', 'registrations', 'expires_at < now()') },
  {
    table: 'one_time_tokens',
    statement: purge('purge_one_time_tokens', 'one_time_tokens', `expires_at < now() - interval '1 day'`),
  },
  {
    table: 'sessions',
    statement: purge(
      'purge_sessions',
      'sessions',
      `expires_at < now() - interval '30 days' or ended_at < now() - interval '30 days'`,
    ),
  },
  {
    table: 'sign_in_attempts',
    statement: purge(
      'purge_sign_in_attempts',
      'sign_in_attempts',
      `updated_at < now() - interval '7 days' and coalesce(locked_until, now()) <= now()`,
    ),
  },
  {
    table: 'signing_keys',
    statement: purge('purge_signing_keys', 'signing_keys', `seen_at < now() - interval '30 days'`),
  },
];

const purgeAuthEvents = deleteBatchSql('purge_auth_events', {
  table: 'auth_events',
  where: 'created_at < now() - make_interval(days => $1)',
  orderBy: 'created_at',
  limit: purgeBatch,
});

/** One batch of each table; resolves with what was removed. */
export async function purgeExpired(
  connection: Connection,
  auditRetentionDays: number,
): Promise<readonly { readonly table: string; readonly count: number }[]> {
  const removed = [];
  for (const { table, statement } of purges) removed.push({ table, count: await deleteBatch(connection, statement) });
  return [
    ...removed,
    { table: 'auth_events', count: await deleteBatch(connection, purgeAuthEvents, [auditRetentionDays]) },
  ];
}

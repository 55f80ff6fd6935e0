/** Remembers which events a consumer has handled, in the transaction of their effect: an event that comes twice has one effect. */
import type { Topic } from '#contracts/topics.ts';
import { deadLetterRetentionHours, retryRetentionHours, shopTopics } from '#contracts/topics.ts';
import type { Database } from '../postgres/database.ts';
import { deleteBatch, deleteBatchSql } from '../postgres/delete-batch.ts';
import { type Connection, sql, type Transaction } from '../postgres/statement.ts';

export interface Inbox {
  /** Whether it was handled; a quick look that spares a transaction. What counts is `claim`. */
  has(eventId: string): Promise<boolean>;
  /**
   * Notes the event in the transaction of its effect. False: it was handled before, and the transaction must do nothing. Two
   * consumers with the same event at once wait for each other here; the second goes on if the first rolls back.
   */
  claim(transaction: Transaction, eventId: string): Promise<boolean>;
  /** Forgets up to `limit` events whose time is over; resolves with how many. Several processes may do so at once. */
  purge(limit: number): Promise<number>;
}

export interface InboxOptions {
  /** Of one effect: consumers with different effects of one event have different names. */
  readonly consumer: string;
  /** Longer than an event can come again. */
  readonly keepHours: number;
}

const hasStatement = sql('inbox_has', 'select true as found from inbox where consumer = $1 and event_id = $2');

const claimStatement = sql(
  'inbox_claim',
  'insert into inbox (consumer, event_id) values ($1, $2) on conflict do nothing returning true as claimed',
);

const purgeStatement = deleteBatchSql('inbox_purge', {
  table: 'inbox',
  where: 'consumer = $1 and handled_at < now() - make_interval(hours => $2)',
  orderBy: 'handled_at',
  limit: '$3',
});

/** On the table `inbox` (`testing/migrations/0002-inbox.sql`). */
export function createInbox({ primary }: Pick<Database, 'primary'>, { consumer, keepHours }: InboxOptions): Inbox {
  const first = async <Row>(connection: Connection, statement: typeof hasStatement, values: readonly unknown[]) =>
    (await connection.rows<Row>(statement, [consumer, ...values]))[0];
  return {
    has: async (eventId) => (await first(primary, hasStatement, [eventId])) !== undefined,
    claim: async (transaction, eventId) => (await first(transaction, claimStatement, [eventId])) !== undefined,
    purge: (limit) => deleteBatch(primary, purgeStatement, [consumer, keepHours, limit]),
  };
}

/**
 * How long an event may come again: as long as one of the topics keeps it, then as a dead letter until somebody plays it back, then
 * in the retry topics. A compacted topic keeps its last events for ever: who reads one from its beginning compares versions.
 */
export function inboxHours(topics: readonly string[], declared: readonly Topic[] = shopTopics): number {
  const kept = declared.filter(({ name }) => topics.includes(name)).map(({ retentionHours }) => retentionHours);
  return Math.max(0, ...kept) + deadLetterRetentionHours + retryRetentionHours;
}

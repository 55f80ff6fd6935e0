/** The table `outbox` (`testing/migrations/0001-outbox.sql`): the only SQL that touches it. */
import type { EventRecord } from '../events/cloud-event.ts';
import { deleteBatch, deleteBatchSql } from '../postgres/delete-batch.ts';
import { type Connection, sql, type Transaction } from '../postgres/statement.ts';

/** The relay listens here. */
export const channel = 'outbox';

/**
 * First number of the advisory locks, which belong to one database: 0 of the first is the relay's, those of the second order
 * the transactions that append events of one key.
 */
const lockSpaces = { relay: 1_869_968_482, keys: 1_869_968_483 } as const;

/**
 * An id is given while the key is locked, and the lock is held until the commit: so within a key the order of ids is the order of
 * commits, and no smaller id can appear behind a greater one. Between keys it can, and does not matter. Keys share 1024
 * locks, so that a transaction with any number of events fits into the server's table of locks; they are taken in order, so that
 * two transactions do not wait for each other.
 */
const appendStatement = sql(
  'outbox_append',
  `with given as materialized (
     select * from rows from (jsonb_to_recordset($1)
       as (id uuid, topic text, key text, type text, headers jsonb, payload text)) with ordinality
       as g (id, topic, key, type, headers, payload, position)
   ), locks as materialized (
     select pg_advisory_xact_lock(${lockSpaces.keys}, stripe)
     from (select distinct hashtext(topic || ' ' || key) & 1023 as stripe from given order by 1) as stripes
   ), added as (
     insert into outbox (event_id, topic, key, type, headers, payload)
     select id, topic, key, type, headers, payload from given, (select count(*) from locks) as held order by position
     returning 1
   )
   select pg_notify('${channel}', '') from (select count(*) from added) as done where $2::boolean`,
);

/** Writes events in their order. With `notify` the relay wakes when the transaction commits. */
export async function appendRecords(
  transaction: Transaction,
  records: readonly EventRecord[],
  notify: boolean,
): Promise<void> {
  await transaction.rows(appendStatement, [JSON.stringify(records), notify]);
}

/** An event that was not published yet. */
export interface PendingEvent {
  readonly id: number;
  readonly eventId: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: string;
  readonly createdAt: Date;
}

/**
 * By what is unpublished and never by "greater than the last id": a transaction that commits late has a smaller one. Of the
 * candidates as many as fit into `$4` bytes, and the first in any case. The sum reads lengths, not the payloads.
 */
const claimStatement = sql(
  'outbox_claim',
  `select id, event_id as "eventId", key, headers, payload, created_at as "createdAt" from (
     select *, sum(octet_length(payload)) over (order by id) as bytes, row_number() over (order by id) as place from (
       select * from outbox where published_at is null and topic = $1 and key <> all($2) order by id limit $3
     ) as candidates
   ) as measured where bytes <= $4 or place = 1 order by id`,
);

export interface Claim {
  readonly topic: string;
  /** Keys whose events stay where they are. */
  readonly exceptKeys: readonly string[];
  readonly maxEvents: number;
  readonly maxBytes: number;
}

/** The oldest unpublished events of a topic. Only the holder of the relay's lock may publish them. */
export function claimPending(connection: Connection, claim: Claim): Promise<readonly PendingEvent[]> {
  return connection.rows<PendingEvent>(claimStatement, [
    claim.topic,
    claim.exceptKeys,
    claim.maxEvents,
    claim.maxBytes,
  ]);
}

const planStatement = sql(
  'outbox_plan',
  `select set_config('enable_sort', 'off', false), set_config('enable_bitmapscan', 'off', false),
     set_config('enable_seqscan', 'off', false)`,
);

/**
 * Makes the session read the index in its order. What the server knows of the table is always old: one moment it is empty, the next
 * a million events wait. Taking it for small, the server would fetch and sort all of them for every batch.
 */
export async function preferIndexOrder(session: Connection): Promise<void> {
  await session.rows(planStatement);
}

const markStatement = sql('outbox_mark', 'update outbox set published_at = now() where id = any($1)');

/** Notes that the broker has them. */
export async function markPublished(connection: Connection, ids: readonly number[]): Promise<void> {
  await connection.rows(markStatement, [ids]);
}

const leadStatement = sql('outbox_lead', `select pg_try_advisory_lock(${lockSpaces.relay}, 0) as "isLeader"`);

/**
 * Whether this session is now the one that publishes. Tries and does not wait: a session that waits for a lock holds a
 * snapshot, and vacuum would keep everything that was deleted since.
 */
export async function tryToLead(session: Connection): Promise<boolean> {
  const [row] = await session.rows<{ readonly isLeader: boolean }>(leadStatement);
  return row?.isLeader === true;
}

const resignStatement = sql(
  'outbox_resign',
  `select pg_advisory_unlock(${lockSpaces.relay}, 0), pg_notify('${channel}', '')`,
);

/** Gives the lock back and tells the others, so that one of them takes it at once. */
export async function resign(session: Connection): Promise<void> {
  await session.rows(resignStatement);
}

/** Counting stops here: nobody needs to know exactly how many more there are, and the count must stay cheap. */
export const countedAtMost = 100_000;

const backlogStatement = sql(
  'outbox_backlog',
  `select count(*) as pending, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as "oldestSeconds"
   from (select created_at from outbox where published_at is null order by topic, id limit ${countedAtMost}) as pending`,
);

export interface Backlog {
  readonly pending: number;
  readonly oldestSeconds: number;
}

/** What waits to be published. */
export async function readBacklog(connection: Connection): Promise<Backlog> {
  const [row] = await connection.rows<Backlog>(backlogStatement);
  return row ?? { pending: 0, oldestSeconds: 0 };
}

const purgeStatement = deleteBatchSql('outbox_purge', {
  table: 'outbox',
  where: 'published_at < now() - make_interval(hours => $1)',
  orderBy: 'published_at',
  limit: '$2',
});

/** Removes up to `limit` events that were published longer ago; resolves with how many. */
export function purgePublished(connection: Connection, keepHours: number, limit: number): Promise<number> {
  return deleteBatch(connection, purgeStatement, [keepHours, limit]);
}

/** Idempotency keys in the service's own database. */
import { randomUUID } from 'node:crypto';
import type { Reply } from '../http/route.ts';
import type { Database } from '../postgres/database.ts';
import { deleteBatch, deleteBatchSql } from '../postgres/delete-batch.ts';
import { sql } from '../postgres/statement.ts';
import type { IdempotencyClaim, IdempotencyStore } from './store.ts';

/**
 * A claim whose owner died can be taken over after this time: longer than any request may take (30 s).
 *
 * The table is `idempotency_keys`, made by the service's own migration; see services/README.md.
 */
const claimLifetimeSeconds = 60;
/**
 * How long a reply is remembered; after that the key counts as unused, also while its row is still there. A day is what
 * payment APIs promise (Stripe: keys may be removed after 24 hours), so clients' retries are made for it.
 */
const replyLifetimeHours = 24;

/** One statement: insert, or take over what is expired, or tell what is there. */
const claimStatement = sql(
  'idempotency_claim',
  `with claimed as (
     insert into idempotency_keys as present (scope, key, fingerprint, token, locked_until)
     values ($1, $2, $3, $4, now() + make_interval(secs => $5))
     on conflict (scope, key) do update
       set fingerprint = excluded.fingerprint, token = excluded.token, locked_until = excluded.locked_until,
           status = null, body = null, headers = null, created_at = now()
       where (present.status is null and present.locked_until < now())
          or present.created_at < now() - make_interval(hours => $6)
     returning token
   )
   select true as claimed, null as fingerprint, null::int as status, null as body, null::jsonb as headers from claimed
   union all
   select false, fingerprint, status, body, headers from idempotency_keys
   where scope = $1 and key = $2 and not exists (select from claimed)`,
);

const completeStatement = sql(
  'idempotency_complete',
  `update idempotency_keys set status = $4, body = $5, headers = $6, locked_until = null
   where scope = $1 and key = $2 and token = $3`,
);

const releaseStatement = sql(
  'idempotency_release',
  'delete from idempotency_keys where scope = $1 and key = $2 and token = $3 and status is null',
);

/** Whoever is taking over an expired key holds its lock: that one is skipped. */
const purgeStatement = deleteBatchSql('idempotency_purge', {
  table: 'idempotency_keys',
  where: 'created_at < now() - make_interval(hours => $1)',
  orderBy: 'created_at',
  limit: '$2',
});

interface ClaimRow {
  readonly claimed: boolean;
  readonly fingerprint: string | null;
  readonly status: number | null;
  readonly body: string | null;
  readonly headers: Readonly<Record<string, string>> | null;
}

/** A store on the table `idempotency_keys` of `database`. */
export function createPostgresIdempotencyStore(database: Database): IdempotencyStore {
  return {
    claim: async ({ scope, key, fingerprint }) => {
      const token = randomUUID();
      const values = [scope, key, fingerprint, token, claimLifetimeSeconds, replyLifetimeHours];
      const [row] = await database.primary.rows<ClaimRow>(claimStatement, values);
      return toClaim(row, fingerprint, token);
    },
    complete: async ({ scope, key }, token, reply) => {
      await database.primary.rows(completeStatement, [
        scope,
        key,
        token,
        reply.status,
        reply.json ?? null,
        reply.headers ?? {},
      ]);
    },
    release: async ({ scope, key }, token) => {
      await database.primary.rows(releaseStatement, [scope, key, token]);
    },
    purge: (limit) => deleteBatch(database.primary, purgeStatement, [replyLifetimeHours, limit]),
  };
}

/** No row: another request claimed the key after our snapshot was taken; it is running. */
function toClaim(row: ClaimRow | undefined, fingerprint: string, token: string): IdempotencyClaim {
  if (row === undefined) return { state: 'running' };
  if (row.claimed) return { state: 'claimed', token };
  if (row.fingerprint !== fingerprint) return { state: 'reused' };
  return row.status === null ? { state: 'running' } : { state: 'completed', reply: toReply(row, row.status) };
}

function toReply(row: ClaimRow, status: number): Reply {
  return { status, headers: row.headers ?? {}, ...(row.body === null ? {} : { json: row.body }) };
}

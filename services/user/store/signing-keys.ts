/** Public keys that all replicas publish together. */
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import type { PublicSigningKey } from '#contracts/signing-keys.ts';
import type { PublishedKey } from '../secrets/key-ring.ts';

/**
 * One statement: tells that the own keys are there, and reads everybody's. A key that came back after it was no longer
 * published is new again to whoever verifies.
 */
const publish = sql(
  'signing_keys_publish',
  `with own as (
     insert into signing_keys as present (kid, public_jwk)
     select value->>'kid', value from jsonb_array_elements($1::jsonb) order by 1
     on conflict (kid) do update set seen_at = now(),
       published_at = case when present.seen_at < now() - make_interval(secs => $2) then now() else present.published_at end
     returning kid, public_jwk, published_at
   ), known as (
     select * from own
     union all
     select kid, public_jwk, published_at from signing_keys
     where seen_at > now() - make_interval(secs => $2) and kid not in (select kid from own)
   )
   select public_jwk as "publicKey", (extract(epoch from now() - published_at) * 1000)::float8 as "publishedForMs"
   from known order by published_at desc, kid`,
);

/** Publishes the keys; resolves with all that some replica had within `retentionSeconds`. */
export async function publishSigningKeys(
  connection: Connection,
  keys: readonly PublicSigningKey[],
  retentionSeconds: number,
): Promise<readonly PublishedKey[]> {
  return connection.rows<PublishedKey>(publish, [JSON.stringify(keys), retentionSeconds]);
}

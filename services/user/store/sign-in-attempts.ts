/** Counters of failed attempts, shared by all replicas. */
import { createHash } from 'node:crypto';
import { type Connection, sql } from '#chassis/postgres/statement.ts';
import { type Attempts, chargeAttempt, type LockoutRule } from '../domain/lockout.ts';

/** One counter and what it is held to. */
export interface Counter {
  readonly key: string;
  readonly rule: LockoutRule;
}

export interface LockoutSettings extends LockoutRule {
  readonly failuresPerAddress: number;
  /** Of all accounts together. */
  readonly failuresPerNetwork: number;
}

/** In this time a network is forgiven as many failures as lock it. */
const networkWindowMs = 900_000;

/**
 * The counters of an attempt: of the account from everywhere, and from this network address. `lookup` is what the e-mail key is looked
 * up by: without its key nobody can tell whose a counter is. With a new key counting begins anew.
 */
export function countersOf(lookup: string, addressDigest: string, settings: LockoutSettings): readonly Counter[] {
  return [
    { key: accountCounterKey(lookup), rule: settings },
    {
      key: `address:${digest(`${lookup}\n${addressDigest}`)}`,
      rule: { ...settings, failures: settings.failuresPerAddress },
    },
  ];
}

/**
 * The counter of a network, whichever accounts it tries: one password tried at a thousand accounts is one failure of each. No right
 * password takes anything back, or who guesses would put its own account between.
 */
export function networkCounterOf(networkDigest: string, settings: LockoutSettings): Counter {
  const { failuresPerNetwork: failures } = settings;
  const rule = { ...settings, failures, forgiveMs: networkWindowMs / failures };
  return { key: `network:${digest(networkDigest)}`, rule };
}

export function accountCounterKey(lookup: string): string {
  return `account:${digest(lookup)}`;
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

const ensure = sql(
  'attempts_ensure',
  `with watched as materialized (
     select (extract(epoch from locked_until - clock_timestamp()) * 1000)::float8 as "lockedForMs"
     from sign_in_attempts where key = $2 and locked_until > clock_timestamp()
   ), added as (
     insert into sign_in_attempts (key) select key from unnest($1::text[]) as key
     where not exists (select from watched) order by key on conflict do nothing
   )
   select "lockedForMs" from watched`,
);
const lock = sql(
  'attempts_lock',
  `select key, failures, (extract(epoch from updated_at) * 1000)::float8 as "updatedAtMs",
     coalesce(extract(epoch from locked_until) * 1000, 0)::float8 as "lockedUntilMs",
     (extract(epoch from clock_timestamp()) * 1000)::float8 as "nowMs"
   from sign_in_attempts where key = any ($1) order by key for update`,
);
const write = sql(
  'attempts_write',
  `update sign_in_attempts set failures = t.failures, updated_at = to_timestamp(t.updated / 1000),
     locked_until = case when t.locked > 0 then to_timestamp(t.locked / 1000) end
   from unnest($1::text[], $2::float8[], $3::float8[], $4::float8[]) as t (key, failures, updated, locked)
   where sign_in_attempts.key = t.key`,
);

interface AttemptsRow extends Attempts {
  readonly key: string;
  readonly nowMs: number;
}

/**
 * Charges one attempt to every counter, or to none when one of them, or the one that is only `watched`, is locked: then resolves with
 * the milliseconds until the lock ends. The database's clock counts, because replicas' clocks differ. Runs inside a transaction.
 */
export async function chargeCounters(
  connection: Connection,
  counters: readonly Counter[],
  watched?: Counter,
): Promise<{ readonly lockedForMs: number }> {
  const keys = counters.map(({ key }) => key);
  const [locked] = await connection.rows<{ lockedForMs: number }>(ensure, [keys, watched?.key ?? null]);
  if (locked !== undefined) return locked;
  const rows = await connection.rows<AttemptsRow>(lock, [keys]);
  const charges = rows.map((row) => ({ row, charge: chargeAttempt(row, ruleOf(counters, row.key), row.nowMs) }));
  const lockedForMs = charges.reduce(
    (longest, { row, charge }) => (charge.state === 'locked' ? Math.max(longest, charge.untilMs - row.nowMs) : longest),
    0,
  );
  if (lockedForMs > 0) return { lockedForMs };
  const written = charges.flatMap(({ row, charge }) =>
    charge.state === 'allowed' ? [{ key: row.key, ...charge.attempts }] : [],
  );
  await connection.rows(write, [
    written.map(({ key }) => key),
    written.map(({ failures }) => failures),
    written.map(({ updatedAtMs }) => updatedAtMs),
    written.map(({ lockedUntilMs }) => lockedUntilMs),
  ]);
  return { lockedForMs: 0 };
}

function ruleOf(counters: readonly Counter[], key: string): LockoutRule {
  const counter = counters.find((candidate) => candidate.key === key);
  if (counter === undefined) throw new Error('a counter came back that was not asked for');
  return counter.rule;
}

const clear = sql('attempts_clear', 'delete from sign_in_attempts where key = any ($1)');

/** Forgets the failures of these counters. */
export async function clearCounters(connection: Connection, keys: readonly string[]): Promise<void> {
  await connection.rows(clear, [[...keys]]);
}

import test from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { aPerson, signIn, startUser } from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

test('what has expired is removed, the rest stays, and the service says how much it was', async (t) => {
  const first = await startUser(t, databases);
  const person = await aPerson(first);
  await signIn(first, person);
  await signIn(first, person);
  await first.stop();
  await first.query(`update sessions set ended_at = now() - interval '31 days', end_reason = 'signed-out'
    where id = (select min(id::text)::uuid from sessions)`);
  await first.query(`insert into registrations (token_hash, id, sealed, email_key, password_hash, locale, expires_at)
    select digest::bytea, gen_random_uuid(), 'sealed', 'e', 'h', 'en', expires
    from (values ('a', now() - interval '1 second'), ('b', now() + interval '1 hour')) as t (digest, expires)`);
  await first.query(
    `insert into one_time_tokens select digest::bytea, 'reset-password', $1, now(), expires
    from (values ('a', now() - interval '25 hours'), ('b', now())) as t (digest, expires)`,
    [person.id],
  );
  await first.query(`insert into sign_in_attempts select 'key ' || n, 3, now() - make_interval(days => n), null
    from generate_series(1, 1500) as n`);
  await first.query(`insert into auth_events select gen_random_uuid(), null, 'sign-in', 'failed', null, null,
    now() - make_interval(days => n) from (values (399), (401)) as t (n)`);

  const second = await startUser(t, databases, first.environment);
  const count = async (table: string) => (await second.query(`select count(*)::int from ${table}`))[0].count;
  // A backlog of more than one batch is worked off as well.
  await waitFor('old counters are gone', async () => (await count('sign_in_attempts')) <= 6, { timeoutMs: 30_000 });
  const left: number[] = [];
  for (const table of ['sessions', 'refresh_tokens', 'registrations', 'one_time_tokens', 'sign_in_attempts'])
    left.push(await count(table));
  t.deepEqual(left, [1, 1, 1, 1, 6]);
  t.is((await second.query(`select from auth_events where created_at < now() - interval '400 days'`)).length, 0);
  t.is((await second.query(`select from auth_events where created_at < now() - interval '398 days'`)).length, 1);
  const metrics = await (await fetch(`${second.adminUrl}/metrics`)).text();
  t.regex(metrics, /^user_rows_purged_total\{[^}]*table="sign_in_attempts"[^}]*\} 1494$/m);
});

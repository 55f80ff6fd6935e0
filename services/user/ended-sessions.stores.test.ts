import test, { type ExecutionContext } from 'ava';
import { encodeCursor } from '#chassis/http/cursor.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { endedSessionsPath } from '#contracts/ended-sessions.ts';
import { aPerson, as, expect, goodPassword, signIn, startUser, type UserUnderTest } from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const gateway = { id: 'gateway' };
const admin = { id: '01a20792-7531-7b89-86c5-c73c7e30f850' };

const ask = async (service: UserUnderTest, after?: string) => {
  const query = after === undefined ? '' : `?after=${after}`;
  return expect(await service.call('GET', endedSessionsPath + query, as(gateway, {}, ['service'])), 200).json;
};

const endedSessions = async (service: UserUnderTest): Promise<readonly string[]> =>
  (await service.query('select id from sessions where ended_at is not null order by id')).map(({ id }) => id);

/** Ids of the sessions that `work` ends, as the database has them. */
async function endedBy(t: ExecutionContext, service: UserUnderTest, work: () => Promise<unknown>) {
  const before = await endedSessions(service);
  await work();
  const gone = (await endedSessions(service)).filter((id) => !before.includes(id));
  t.true(gone.length > 0);
  return gone;
}

test.serial('every way in which a session ends is told to who asks', async (t) => {
  const service = await startUser(t, databases);
  const person = await aPerson(service);
  const post = (path: string, body: unknown) => service.call('POST', `/api/v1/auth/${path}`, { body });
  const staff = (path: string) => service.call('POST', `/api/v1/users/${person.id}/${path}`, as(admin, {}, ['admin']));
  const change = { currentPassword: goodPassword, newPassword: 'another good one' };
  const ways: readonly (() => Promise<unknown>)[] = [
    async () => post('logout', { refreshToken: (await signIn(service, person)).refreshToken }),
    async () => service.call('DELETE', '/api/v1/me/sessions', as(person)),
    async () => {
      const { refreshToken } = await signIn(service, person);
      await post('refresh', { refreshToken });
      await post('refresh', { refreshToken });
    },
    async () => staff('lock'),
    async () => service.call('POST', '/api/v1/me/password', as(person, { body: change })),
    async () => service.call('DELETE', '/api/v1/me', as(person, { headers: { 'if-match': '*' } })),
  ];
  let password = goodPassword;
  let { next } = await ask(service);
  for (const way of ways) {
    await staff('unlock');
    await signIn(service, { ...person, password });
    const gone = await endedBy(t, service, async () => {
      await way();
      if (way === ways[4]) password = change.newPassword;
    });
    const page = await ask(service, next);
    for (const id of gone) t.true(page.items.includes(id));
    t.true(page.isComplete);
    next = page.next;
  }
  t.is((await ask(service)).items.length, (await service.query('select from sessions')).length);
});

test.serial('a long list comes in pages, without gaps, in order, and not older than a token lives', async (t) => {
  const service = await startUser(t, databases, { APP_ACCESS_TOKEN_LIFETIME_S: '60' });
  const person = await aPerson(service);
  await service.query(
    `insert into sessions (id, user_id, expires_at, ended_at, end_reason)
     select gen_random_uuid(), $1, now() + interval '1 day', now() - make_interval(secs => 20 + (n / 700)), 'locked'
     from generate_series(1, 2500) as n`,
    [person.id],
  );
  await service.query(
    `insert into sessions (id, user_id, expires_at, ended_at, end_reason)
     values (gen_random_uuid(), $1, now() + interval '1 day', now() - interval '130 seconds', 'locked')`,
    [person.id],
  );
  const sizes: number[] = [];
  const seen: string[] = [];
  for (let after: string | undefined, isComplete = false; !isComplete; ) {
    const page = await ask(service, after);
    ({ next: after, isComplete } = page);
    t.is(page.keepSeconds, 120);
    sizes.push(page.items.length);
    seen.push(...page.items);
  }
  t.deepEqual(sizes, [1000, 1000, 500]);
  const rows = await service.query(
    `select id from sessions where ended_at > now() - interval '125 seconds' order by ended_at, id`,
  );
  t.deepEqual(
    seen,
    rows.map(({ id }) => id),
  );
});

test.serial('a session whose transaction commits late is told to who has asked meanwhile', async (t) => {
  const service = await startUser(t, databases);
  const person = await aPerson(service);
  await signIn(service, person);
  await service.query('begin');
  await service.query(`update sessions set ended_at = now(), end_reason = 'locked'`);
  const { items, next } = await ask(service);
  t.deepEqual(items, []);
  await service.query('commit');
  t.is((await ask(service, next)).items.length, 1);
});

test.serial('nobody but services may ask, and cursors that are none are refused', async (t) => {
  const service = await startUser(t, databases);
  t.is((await service.call('GET', endedSessionsPath)).status, 401);
  for (const role of ['customer', 'support', 'catalog-manager', 'warehouse', 'admin'] as const)
    t.is((await service.call('GET', endedSessionsPath, as(admin, {}, [role]))).status, 403, role);
  const id = '00000000-0000-0000-0000-000000000000';
  for (const time of [
    '',
    'yesterday',
    'infinity',
    '99999-01-01',
    '2026-02-30T25:00:00.000000Z',
    "'; drop table users",
    'now',
  ]) {
    const url = `${endedSessionsPath}?after=${encodeCursor('ended-sessions', [time, id])}`;
    const answer = await service.call('GET', url, as(gateway, {}, ['service']));
    t.is(answer.json.code, 'invalid-cursor', time);
  }
});

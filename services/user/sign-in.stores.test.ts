import test, { type ExecutionContext } from 'ava';
import { createLocalJWKSet, jwtVerify } from 'jose';
import type { Environment } from '#chassis/config/settings.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import {
  anEmail,
  aPerson,
  as,
  costOf,
  expect,
  goodPassword,
  type Person,
  signIn,
  startUser,
  type UserUnderTest,
} from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const start = (t: ExecutionContext, changes: Environment = {}) => startUser(t, databases, changes);
const login = (service: UserUnderTest, email: string, password: string, from = '203.0.113.1') =>
  service.call('POST', '/api/v1/auth/login', { body: { email, password }, headers: { 'x-forwarded-for': from } });
const refresh = (service: UserUnderTest, refreshToken: string) =>
  service.call('POST', '/api/v1/auth/refresh', { body: { refreshToken } });
const logout = (service: UserUnderTest, refreshToken: string) =>
  service.call('POST', '/api/v1/auth/logout', { body: { refreshToken } });
const wrong = 'not the password at all';

async function metric(service: UserUnderTest, name: string): Promise<number> {
  const text = await (await fetch(`${service.adminUrl}/metrics`)).text();
  return Number(new RegExp(`^${name}\\{[^}]*\\} (\\d+)`, 'm').exec(text)?.[1]);
}

test.serial('an access token says who, for whom and how long, and the published keys verify it', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const tokens = await signIn(service, person);
  const keys = createLocalJWKSet((await service.call('GET', '/.well-known/jwks.json')).json);
  const options = { issuer: 'ecommerce-stack', audience: 'shop', algorithms: ['RS256'], typ: 'at+jwt' };
  const { payload, protectedHeader } = await jwtVerify(tokens.accessToken, keys, options);
  t.like(payload, { sub: person.id, roles: ['customer'], scope: 'cart orders profile', amr: ['pwd'] });
  t.is((payload.exp ?? 0) - (payload.iat ?? 0), 600);
  t.is(tokens.expiresInSeconds, 600);
  t.regex(String(payload.jti), /^[0-9a-f-]{36}$/);
  t.is(typeof protectedHeader.kid, 'string');
  t.true(tokens.accessToken.length < 2048);
  const next = (await refresh(service, tokens.refreshToken)).json;
  const renewed = (await jwtVerify(next.accessToken, keys, options)).payload;
  for (const claim of ['sub', 'sid', 'roles', 'amr']) t.deepEqual(renewed[claim], payload[claim], claim);
  const other = await signIn(service, person);
  t.not((await jwtVerify(other.accessToken, keys, options)).payload.jti, payload.jti);
});

test.serial('passwords are stored as Argon2id with the recommended parameters, each with its own salt', async (t) => {
  const service = await start(t);
  await aPerson(service);
  await aPerson(service);
  const hashes = (await service.query('select password_hash as hash from users')).map(({ hash }) => hash);
  t.is(new Set(hashes).size, 2);
  for (const hash of hashes) t.regex(hash, /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[^$]{22}\$[^$]{43}$/);
});

test.serial('a password is hashed anew at the next sign-in when the parameters have changed', async (t) => {
  const before = await start(t);
  const person = await aPerson(before);
  const after = await start(t, { ...before.environment, APP_PASSWORD_MEMORY_KIB: '20480' });
  await signIn(after, person);
  const [row] = await after.query('select password_hash as hash, version from users');
  t.regex(row.hash, /m=20480,t=2,p=1/);
  t.is(row.version, 1);
  await signIn(after, person);
  t.is((await after.query('select password_hash as hash from users'))[0].hash, row.hash);
  await signIn(before, person);
});

test.serial('an unknown address and a wrong password are answered alike after the same work', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const bodies: unknown[] = [];
  const attempt = async (email: string) => {
    const answer = await login(service, email, wrong);
    t.is(answer.status, 401);
    const { instance: _one, ...body } = answer.json;
    bodies.push(body);
  };
  const known = await costOf(service, () => attempt(person.email));
  const unknown = await costOf(service, () => attempt(anEmail()));
  t.deepEqual(unknown, known);
  t.is(known.hashes, 1);
  t.deepEqual(bodies[0], bodies[1]);
  t.like(bodies[0], { code: 'invalid-credentials' });
});

test.serial('case and width of the address do not matter, and any keyboard writes the same password', async (t) => {
  const service = await start(t);
  const person = await aPerson(service, 'Ångström is a unit');
  expect(await login(service, person.email.toUpperCase(), 'A\u030angstro\u0308m is a unit'), 200);
  t.pass();
});

test.serial(
  'failures lock an account for a network address, known or not, and the lock doubles and decays',
  async (t) => {
    const service = await start(t);
    const person = await aPerson(service);
    for (const email of [person.email, anEmail()]) {
      for (let attempt = 1; attempt <= 5; attempt += 1) t.is((await login(service, email, wrong)).status, 401);
      const before = await metric(service, 'password_hashes_total');
      const locked = await login(service, email, goodPassword);
      t.is(locked.json.code, 'sign-in-locked');
      const retryAfter = Number(locked.headers.get('retry-after'));
      t.true(retryAfter > 0 && retryAfter <= 30, String(retryAfter));
      t.is(await metric(service, 'password_hashes_total'), before, 'no password is looked at');
    }
    t.is(
      (await login(service, person.email, goodPassword, '198.51.100.7')).status,
      200,
      'from elsewhere the owner can',
    );

    const back = (seconds: number) =>
      service.query(
        `update sign_in_attempts set updated_at = updated_at - make_interval(secs => $1), locked_until = locked_until - make_interval(secs => $1)`,
        [seconds],
      );
    for (let attempt = 1; attempt <= 5; attempt += 1) await login(service, person.email, wrong);
    await back(31);
    t.is((await login(service, person.email, wrong)).status, 401, 'after the lock one more attempt');
    const again = Number((await login(service, person.email, wrong)).headers.get('retry-after'));
    t.true(again > 30 && again <= 60, `doubled: ${again}`);
    await back(6 * 600);
    t.is((await login(service, person.email, wrong)).status, 401);
    t.is((await login(service, person.email, wrong)).status, 401, 'forgiven: no lock after one failure');
    t.is((await login(service, person.email, goodPassword)).status, 200);
    const [left] = await service.query(`select count(*)::int from sign_in_attempts where key not like 'network:%'`);
    t.is(left.count, 2, 'a right password forgets what was counted; the unknown address keeps its counters');
  },
);

test.serial('failures from many network addresses lock the account everywhere', async (t) => {
  const service = await start(t, { APP_LOCKOUT_FAILURES: '6' });
  const person = await aPerson(service);
  for (let attempt = 1; attempt <= 6; attempt += 1)
    t.is((await login(service, person.email, wrong, `198.51.100.${attempt}`)).status, 401);
  const locked = await login(service, person.email, goodPassword, '198.51.100.99');
  t.is(locked.json.code, 'sign-in-locked');
  const [event] = await service.query(`select count(*)::int from auth_events where outcome = 'locked'`);
  t.is(event.count, 1);
});

test.serial('of many guesses at once no more are looked at than one after the other', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const before = await metric(service, 'password_hashes_total');
  const answers = await Promise.all(Array.from({ length: 25 }, () => login(service, person.email, wrong)));
  const statuses = answers.map(({ status }) => status).toSorted();
  t.deepEqual(statuses, [...Array(5).fill(401), ...Array(20).fill(429)]);
  t.is((await metric(service, 'password_hashes_total')) - before, 5);
});

test.serial('more passwords than can wait are refused at once and the service goes on', async (t) => {
  const service = await start(t, { APP_PASSWORD_CONCURRENCY: '1', APP_PASSWORD_QUEUE: '2' });
  const person = await aPerson(service);
  const answers = await Promise.all(Array.from({ length: 12 }, () => login(service, anEmail(), wrong)));
  const busy = answers.filter(({ json }) => json.code === 'too-many-sign-ins');
  t.true(busy.length >= 1);
  t.true(busy.every(({ headers }) => headers.get('retry-after') === '1'));
  t.true(answers.every(({ status }) => status === 401 || status === 429));
  t.is((await login(service, person.email, goodPassword)).status, 200);
});

test.serial('a flood of sign-ins makes nobody else wait for its hashes', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const total = 24;
  let signIns = 0;
  const flood = Array.from({ length: total }, async (_, index) => {
    const { status } = await login(service, anEmail(), wrong, `203.0.${index}.1`);
    signIns += 1;
    return status;
  });
  await Promise.race(flood);
  const begun = signIns;
  for (let page = 0; page < total / 2; page += 1) {
    expect(await service.call('GET', '/api/v1/me', as(person)), 200);
  }
  const meanwhile = signIns - begun;
  const statuses = await Promise.all(flood);
  // On a busy machine the last ones wait longer than their callers do.
  t.true(
    statuses.every((status) => status === 401 || status === 503),
    String(statuses),
  );
  // A page that waited for hashes would have let at least one sign-in pass.
  t.true(meanwhile < total / 4, `${total / 2} pages took as long as ${meanwhile} sign-ins`);
});

test.serial('a refresh token is used once for the next one', async (t) => {
  const service = await start(t);
  const first = await signIn(service, await aPerson(service));
  const second = expect(await refresh(service, first.refreshToken), 200).json;
  t.not(second.refreshToken, first.refreshToken);
  t.not(second.accessToken, first.accessToken);
  expect(await refresh(service, second.refreshToken), 200);
  const stored = JSON.stringify(await service.query(`select t::text, s::text from refresh_tokens t, sessions s`));
  for (const { refreshToken } of [first, second]) {
    t.false(stored.includes(refreshToken));
    t.false(stored.includes(Buffer.from(refreshToken).toString('hex')));
  }
  for (const bad of ['x'.repeat(43), `${first.refreshToken.slice(0, -4)}AAAA`])
    t.is((await refresh(service, bad)).json.code, 'invalid-refresh-token');
});

test.serial('a refresh token that comes twice ends its session and no other', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const other = await signIn(service, person);
  const first = await signIn(service, person);
  const second = (await refresh(service, first.refreshToken)).json;
  t.is((await refresh(service, first.refreshToken)).json.code, 'invalid-refresh-token');
  t.is((await refresh(service, second.refreshToken)).json.code, 'invalid-refresh-token', 'the whole family is dead');
  t.is((await refresh(service, first.refreshToken)).status, 401);
  t.is(service.events.filter(({ type }) => type === 'user.session-compromised').length, 1);
  t.is((await service.query(`select from sessions where end_reason = 'token-reused'`)).length, 1);
  expect(await refresh(service, other.refreshToken), 200);
});

test.serial('of uses at once one gets tokens, and the session is dead all the same', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  for (let round = 0; round < 10; round += 1) {
    const first = await signIn(service, person);
    const answers = await Promise.all(Array.from({ length: 4 }, () => refresh(service, first.refreshToken)));
    t.deepEqual(answers.map(({ status }) => status).toSorted(), [200, 401, 401, 401]);
    const won = answers.find(({ status }) => status === 200)?.json;
    t.is((await refresh(service, won.refreshToken)).json.code, 'invalid-refresh-token');
  }
  t.is((await service.query('select from sessions where ended_at is null')).length, 0);
  t.is(service.events.filter(({ type }) => type === 'user.session-compromised').length, 10);
});

test.serial('a session ends when it is not used for 30 days, and after 90 days in any case', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const tokens = await signIn(service, person);
  const days = (text: string) => (Date.parse(text) - Date.now()) / 86_400_000;
  t.true(Math.abs(days(tokens.refreshExpiresAt) - 30) < 0.1);
  const [length] = await service.query('select extract(day from expires_at - created_at)::int as days from sessions');
  t.is(length.days, 90);
  await service.query(`update sessions set expires_at = now() + interval '10 days'`);
  const capped = expect(await refresh(service, tokens.refreshToken), 200).json;
  t.true(Math.abs(days(capped.refreshExpiresAt) - 10) < 0.1, 'the hard end counts');
  await service.query(`update refresh_tokens set expires_at = now() - interval '1 second' where used_at is null`);
  t.is((await refresh(service, capped.refreshToken)).json.code, 'invalid-refresh-token');
  const fresh = await signIn(service, person);
  await service.query(`update sessions set expires_at = now() - interval '1 second'`);
  t.is((await refresh(service, fresh.refreshToken)).status, 401);
});

test.serial('each use gives a session 30 days more', async (t) => {
  const service = await start(t);
  const tokens = await signIn(service, await aPerson(service));
  await service.query(`update sessions set created_at = created_at - interval '20 days', expires_at = expires_at - interval '20 days',
    last_used_at = last_used_at - interval '20 days'`);
  await service.query(`update refresh_tokens set expires_at = expires_at - interval '20 days'`);
  const { refreshExpiresAt } = expect(await refresh(service, tokens.refreshToken), 200).json;
  const days = (Date.parse(refreshExpiresAt) - Date.now()) / 86_400_000;
  t.true(Math.abs(days - 30) < 0.1, `${days} days`);
  const [row] = await service.query(
    `select extract(epoch from max(expires_at) - now()) / 86400 as days from refresh_tokens`,
  );
  t.true(Math.abs(Number(row.days) - 30) < 0.1, 'the token itself lives as long as the answer says');
});

test.serial('signing out ends the session of the token, also of a used one, and only that', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const [one, other] = [await signIn(service, person), await signIn(service, person)];
  const next = (await refresh(service, one.refreshToken)).json;
  t.is((await logout(service, next.refreshToken)).status, 204);
  t.is((await refresh(service, next.refreshToken)).json.code, 'invalid-refresh-token');
  t.is((await logout(service, next.refreshToken)).status, 204, 'again is no error');
  t.is((await logout(service, 'x'.repeat(43))).status, 204);
  expect(await refresh(service, other.refreshToken), 200);
});

test.serial('sessions are listed and ended one by one or all at once', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const [one, two] = [await signIn(service, person), await signIn(service, person)];
  const list = async (who: Person) => (await service.call('GET', '/api/v1/me/sessions', as(who))).json.items;
  t.is((await list(person)).length, 2);
  const oldest = (await list(person))[1].id;
  t.is((await service.call('DELETE', `/api/v1/me/sessions/${oldest}`, as(person))).status, 204);
  t.is((await service.call('DELETE', `/api/v1/me/sessions/${oldest}`, as(person))).status, 404);
  t.is((await refresh(service, one.refreshToken)).status, 401);
  expect(await refresh(service, two.refreshToken), 200);
  t.is((await service.call('DELETE', '/api/v1/me/sessions', as(person))).status, 204);
  t.deepEqual(await list(person), []);
});

test.serial(
  'a locked account loses its sessions, cannot sign in, and says so only to who knows the password',
  async (t) => {
    const service = await start(t);
    const person = await aPerson(service);
    const admin = { id: '01a20792-7531-7b89-86c5-c73c7e30f850' };
    const tokens = await signIn(service, person);
    const lock = (word: string) => service.call('POST', `/api/v1/users/${person.id}/${word}`, as(admin, {}, ['admin']));
    t.like((await lock('lock')).json, { status: 'locked', version: 2 });
    t.like((await lock('lock')).json, { status: 'locked', version: 2 });
    t.is((await refresh(service, tokens.refreshToken)).status, 401);
    t.is((await login(service, person.email, goodPassword)).json.code, 'account-locked');
    t.is((await login(service, person.email, wrong)).json.code, 'invalid-credentials');
    t.like((await lock('unlock')).json, { status: 'active', version: 3 });
    t.is((await refresh(service, tokens.refreshToken)).status, 401, 'ended stays ended');
    await signIn(service, person);
  },
);

test.serial('the audit trail has who, what, how it went, and no readable network address', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  await login(service, person.email, wrong);
  await login(service, person.email, goodPassword);
  const rows = await service.query('select user_id, kind, outcome, address_digest from auth_events order by id');
  t.deepEqual(
    rows.map(({ kind, outcome }) => `${kind} ${outcome}`),
    ['register succeeded', 'verify-email succeeded', 'sign-in failed', 'sign-in succeeded'],
  );
  t.is(rows[2].user_id, person.id);
  t.is(rows[2].address_digest, rows[3].address_digest);
  t.not(rows[0].address_digest, rows[2].address_digest);
  t.false(JSON.stringify(rows).includes('203.0.113.1'));
});

test.serial('a password of more than a kibibyte is refused before it costs anything', async (t) => {
  const service = await start(t);
  const answer = await login(service, anEmail(), 'é'.repeat(513));
  t.like(answer.json, { code: 'validation-failed', errors: [{ pointer: '#/password' }] });
  t.is(await metric(service, 'password_hashes_total'), 0);
});

test.serial('neither passwords nor tokens are in the log', async (t) => {
  const service = await start(t);
  const tokens = await signIn(service, await aPerson(service));
  await refresh(service, tokens.refreshToken);
  const log = JSON.stringify(service.logs);
  for (const secret of [goodPassword, tokens.refreshToken, tokens.accessToken]) t.false(log.includes(secret));
});

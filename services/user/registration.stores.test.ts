import test, { type ExecutionContext } from 'ava';
import type { Answer } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { userService } from './service.ts';
import {
  anEmail,
  aPerson,
  as,
  costOf,
  expect,
  goodPassword,
  signIn,
  startUser,
  tokenOf,
  type UserUnderTest,
} from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const start = (t: ExecutionContext, changes: Readonly<Record<string, string>> = {}) => startUser(t, databases, changes);
const post = (service: UserUnderTest, path: string, body: unknown) => service.call('POST', `/api/v1${path}`, { body });
const register = (service: UserUnderTest, email: string, changes: Readonly<Record<string, unknown>> = {}) =>
  post(service, '/users', { email, password: goodPassword, ...changes });
const verify = (service: UserUnderTest, token: string) => post(service, '/auth/verify-email', { token });
const typesOf = (service: UserUnderTest) => service.events.map(({ type }) => type);

test.serial('who registers gets a link, and an account by using it', async (t) => {
  const service = await start(t);
  const email = 'Ada.Lovelace@Example.org';
  const answer = await register(service, email, { givenName: 'Ada', familyName: 'Lovelace', locale: 'de-AT' });
  t.is(answer.status, 202);
  t.is(answer.text, '');
  t.is((await post(service, '/auth/login', { email, password: goodPassword })).json.code, 'invalid-credentials');
  const [asked] = service.events;
  t.like(asked, {
    type: 'user.verification-requested',
    data: { recipient: { email, givenName: 'Ada', locale: 'de-AT' } },
  });

  const token = tokenOf(service, 'user.verification-requested');
  t.is((await verify(service, token)).status, 204);
  const [row] = await service.query('select id from users');
  const me = await service.call('GET', '/api/v1/me', as(row));
  t.like(me.json, { email, emailVerified: true, givenName: 'Ada', roles: ['customer'], status: 'active', version: 1 });
  t.is(me.headers.get('etag'), '"v1"');
  t.like(service.events.at(-1), { type: 'user.registered', key: row.id, data: { recipient: { email } } });
  t.is((await verify(service, token)).json.code, 'one-time-token-invalid', 'once');
  await signIn(service, { id: row.id, email, password: goodPassword });
});

test.serial('a link is good for 24 hours, also when it is sent again', async (t) => {
  const service = await start(t);
  const email = anEmail();
  const assertLife = async () => {
    const [row] = await service.query(
      `select extract(epoch from expires_at - sent_at)::float8 as seconds, expires_at as "expiresAt" from registrations`,
    );
    t.is(row.seconds, 86_400);
    t.is(Date.parse(service.events.at(-1)?.data.expiresAt), row.expiresAt.getTime(), 'the mail says the same');
  };
  await register(service, email);
  await assertLife();
  await service.query(
    `update registrations set sent_at = sent_at - interval '20 hours', expires_at = expires_at - interval '20 hours'`,
  );
  await post(service, '/auth/resend-verification', { email });
  t.is(service.events.length, 2);
  await assertLife();
  await service.query(`update registrations set expires_at = now() - interval '1 millisecond'`);
  t.is((await verify(service, tokenOf(service, 'user.verification-requested'))).json.code, 'one-time-token-invalid');
});

test.serial('nobody learns from registering who has an account, but its owner does', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const hashes = async () =>
    Number(/^password_hashes_total\S* (\d+)/m.exec(await (await fetch(`${service.adminUrl}/metrics`)).text())?.[1]);
  const before = await hashes();
  const [known, unknown] = [await register(service, person.email.toUpperCase()), await register(service, anEmail())];
  t.deepEqual([known.status, known.text], [unknown.status, unknown.text]);
  t.is((await hashes()) - before, 2, 'one each');
  t.deepEqual(typesOf(service).slice(-2), ['user.registration-repeated', 'user.verification-requested']);
  t.like(service.events.at(-2), { key: person.id, data: { recipient: { email: person.email } } });
  t.false(JSON.stringify(service.events.at(-2)).includes('token'));
  t.is((await service.query('select from users')).length, 1);
});

test.serial('a registration by somebody else never becomes the account of the mailbox’s owner', async (t) => {
  const service = await start(t);
  const email = anEmail();
  await register(service, email, { password: 'what the attacker knows' });
  const foreign = tokenOf(service, 'user.verification-requested');
  await register(service, email);
  const own = tokenOf(service, 'user.verification-requested');
  t.is((await post(service, '/auth/resend-verification', { email })).status, 202);
  t.is(typesOf(service).length, 2, 'of two registrations none is sent again');
  t.is((await verify(service, own)).status, 204);
  t.is((await verify(service, foreign)).json.code, 'one-time-token-invalid');
  const login = (password: string) => post(service, '/auth/login', { email, password });
  t.is((await login('what the attacker knows')).status, 401);
  t.is((await login(goodPassword)).status, 200);
});

test.serial('of two links of one address that are used at once, one makes the account', async (t) => {
  const service = await start(t);
  const email = anEmail();
  const tokens: string[] = [];
  for (const password of ['the first password', 'the second password']) {
    await register(service, email, { password });
    tokens.push(tokenOf(service, 'user.verification-requested'));
  }
  // All of them are held up until the last has come, and then go on at once.
  await service.query('begin; lock table users in exclusive mode');
  const attempts = [...tokens, ...tokens].map((token) => verify(service, token));
  const waiting = async () => (await service.query('select from pg_locks where not granted')).length === 4;
  await waitFor('all wait', waiting, { timeoutMs: 4000 });
  await service.query('commit');
  const answers = await Promise.all(attempts);
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 422, 422, 422]);
  t.is((await service.query('select from users')).length, 1);
  t.is((await service.query('select from registrations')).length, 0);
  const [statistics] = await service.query('select deadlocks from pg_stat_database where datname = current_database()');
  t.is(Number(statistics?.['deadlocks']), 0, 'nobody waits for somebody who waits for him');
});

test.serial('a link is good for a day and is sent again at most once a minute', async (t) => {
  const service = await start(t);
  const email = anEmail();
  await register(service, email);
  const first = tokenOf(service, 'user.verification-requested');
  const resend = () => post(service, '/auth/resend-verification', { email });
  t.is((await resend()).status, 202);
  t.is(typesOf(service).length, 1, 'too soon');
  await service.query(`update registrations set sent_at = sent_at - interval '61 seconds'`);
  await Promise.all([resend(), resend(), resend()]);
  t.is(typesOf(service).length, 2, 'once');
  t.is((await verify(service, first)).status, 422, 'the older link is worth nothing');
  t.is((await post(service, '/auth/resend-verification', { email: anEmail() })).status, 202);
  t.is(typesOf(service).length, 2);
  await service.query(`update registrations set expires_at = now() - interval '1 second'`);
  t.is((await verify(service, tokenOf(service, 'user.verification-requested'))).status, 422);
});

test.serial('a mailbox gets at most five mails an hour, whoever asks for them', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const email = anEmail();
  // All of them are held up until the last has come, and then go on at once.
  await service.query('begin; lock table registrations, auth_events in exclusive mode');
  const attempts = Array.from({ length: 7 }, () => [register(service, email), register(service, person.email)]).flat();
  const waiting = async () => (await service.query('select from pg_locks where not granted')).length === 14;
  await waitFor('all wait', waiting, { timeoutMs: 4000 });
  await service.query('commit');
  t.true((await Promise.all(attempts)).every(({ status }) => status === 202));
  const count = (type: string) => typesOf(service).filter((one) => one === type).length;
  t.is(count('user.verification-requested') - 1, 5);
  t.is(count('user.registration-repeated'), 5);
});

test.serial(
  'weak, common, short, long and own passwords are refused with the field, before anything is hashed',
  async (t) => {
    const service = await start(t);
    const bad = ['short', 'password123', 'QWERTYUIOP', '12345678', 'aaaaaaaaaa', 'x'.repeat(129), 'é'.repeat(600)];
    for (const password of [...bad, 'person@example.org']) {
      const answer = await register(service, 'person@example.org', { password });
      t.like(answer.json, { status: 422, code: 'validation-failed', errors: [{ pointer: '#/password' }] }, password);
    }
    t.is((await service.query('select from registrations')).length, 0);
    t.regex(await (await fetch(`${service.adminUrl}/metrics`)).text(), /^password_hashes_total\S* 0$/m);
    for (const password of ['no digits, no capitals', '密码密码密码密码', '        8 blanks        '])
      t.is((await register(service, anEmail(), { password })).status, 202, password);
  },
);

test.serial('what cannot be announced does not happen', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  await service.query('alter table outbox rename to elsewhere');
  const before = await service.query('select u::text from users u');
  const headers = { 'if-match': '*' };
  for (const answer of [
    await register(service, anEmail()),
    await post(service, '/auth/forgot-password', { email: person.email }),
    await service.call('PATCH', '/api/v1/me', as(person, { body: { givenName: 'B' }, headers })),
    await service.call('DELETE', '/api/v1/me', as(person, { headers })),
  ])
    t.is(answer.json.code, 'internal-error');
  t.deepEqual(await service.query('select u::text from users u'), before);
  for (const table of ['registrations', 'one_time_tokens'])
    t.is((await service.query(`select from ${table}`)).length, 0);
  t.like((await service.call('GET', '/api/v1/me', as(person))).json, { givenName: 'Ada', version: 1 });
});

test.serial('tokens of links are stored as digests only', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  await register(service, anEmail());
  await post(service, '/auth/forgot-password', { email: person.email });
  const stored = JSON.stringify(await service.query(`select r::text, o::text from registrations r, one_time_tokens o`));
  t.true(stored.length > 50);
  for (const type of ['user.verification-requested', 'user.password-reset-requested'] as const) {
    const token = tokenOf(service, type);
    t.false(stored.includes(token) || stored.includes(Buffer.from(token).toString('hex')));
  }
});

test.serial('without verification an account begins at once', async (t) => {
  const service = await start(t, { APP_EMAIL_VERIFICATION: 'off' });
  const email = anEmail();
  t.is((await register(service, email)).status, 202);
  t.is((await register(service, email, { password: 'another good one' })).status, 202);
  const [row] = await service.query('select id, email_verified_at from users');
  t.is(row.email_verified_at, null);
  await signIn(service, { id: row.id, email, password: goodPassword });
  t.deepEqual(typesOf(service), ['user.registered', 'user.registration-repeated']);
});

test.serial('a forgotten password is set anew with a link, once, and all sessions end', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const session = await signIn(service, person);
  t.is((await post(service, '/auth/forgot-password', { email: person.email })).status, 202);
  t.like(service.events.at(-1), { type: 'user.password-reset-requested', key: person.id });
  const token = tokenOf(service, 'user.password-reset-requested');
  const reset = (password: string) => post(service, '/auth/reset-password', { token, password });
  t.like((await reset(person.email)).json, { code: 'validation-failed', errors: [{ pointer: '#/password' }] });
  const answers = await Promise.all([reset('another good one'), reset('yet another one'), reset('and a third one')]);
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 422, 422]);
  t.is((await reset('too late by now')).json.code, 'one-time-token-invalid');
  t.is((await post(service, '/auth/refresh', { refreshToken: session.refreshToken })).status, 401);
  t.is((await post(service, '/auth/login', { email: person.email, password: goodPassword })).status, 401);
  t.is(typesOf(service).filter((type) => type === 'user.password-changed').length, 1, 'the owner is told');
  await service.query('delete from sign_in_attempts');
  const chosen = ['another good one', 'yet another one', 'and a third one'];
  const works = await Promise.all(
    chosen.map((password) => post(service, '/auth/login', { email: person.email, password })),
  );
  t.is(works.filter(({ status }) => status === 200).length, 1);
});

test.serial(
  'a reset answers alike for unknown addresses, is throttled, replaces older links and expires',
  async (t) => {
    const service = await start(t);
    const person = await aPerson(service);
    const forgot = (email: string) => post(service, '/auth/forgot-password', { email });
    const [known, unknown] = [await forgot(person.email), await forgot(anEmail())];
    t.deepEqual([known.status, known.text], [unknown.status, unknown.text]);
    t.is((await service.query(`select from auth_events where kind = 'request-reset'`)).length, 2);
    const first = tokenOf(service, 'user.password-reset-requested');
    const count = () => typesOf(service).filter((type) => type === 'user.password-reset-requested').length;
    await Promise.all([forgot(person.email), forgot(person.email)]);
    t.is(count(), 1);
    await service.query(`update one_time_tokens set created_at = created_at - interval '61 seconds'`);
    await Promise.all(Array.from({ length: 8 }, () => forgot(person.email)));
    t.is(count(), 2);
    const password = 'another good one';
    t.is((await post(service, '/auth/reset-password', { token: first, password })).status, 422);
    const [row] = await service.query(
      'select expires_at - created_at as life from one_time_tokens where used_at is null',
    );
    t.is(row.life.minutes, 30);
    await service.query(`update one_time_tokens set expires_at = now() - interval '1 second'`);
    const second = tokenOf(service, 'user.password-reset-requested');
    t.is((await post(service, '/auth/reset-password', { token: second, password })).status, 422);
  },
);

/** How many statements and hashes, whatever they are called. */
async function workOf(service: UserUnderTest, work: () => Promise<Answer>) {
  let answer: Answer | undefined;
  const { statements, hashes } = await costOf(service, async () => {
    answer = await work();
  });
  const count = statements.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
  const events = await service.query('select count(*)::int from auth_events');
  return { status: answer?.status, text: answer?.text, count, hashes, events: events[0].count };
}

test.serial('whether an address is known is told neither by an answer nor by the work for it', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const waiting = anEmail();
  await register(service, waiting);
  await service.query(`update registrations set sent_at = sent_at - interval '61 seconds'`);
  const compare = async (path: string, known: string) => {
    const send = (email: string) =>
      post(service, path, path === '/users' ? { email, password: goodPassword } : { email });
    const first = await workOf(service, () => send(known));
    // The second time it is too soon for another mail.
    const throttled = await workOf(service, () => send(known));
    const unknown = await workOf(service, () => send(anEmail()));
    const { events } = first;
    t.deepEqual(throttled, { ...first, events: events + 1 }, `${path}: a second time`);
    t.deepEqual(unknown, { ...first, events: events + 2 }, `${path}: unknown`);
    return first.count;
  };
  t.is(await compare('/auth/forgot-password', person.email), 5);
  t.is(await compare('/auth/resend-verification', waiting), 3);
  t.is(await compare('/users', person.email), 5);
  // Enough mails for an hour.
  for (let time = 0; time < 6; time += 1) await register(service, person.email);
  t.is(await compare('/users', person.email), 5);
});

test.serial('who knows the present password can change it; guesses are counted', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const session = await signIn(service, person);
  const change = (currentPassword: string, newPassword = 'another good one') =>
    service.call('POST', '/api/v1/me/password', as(person, { body: { currentPassword, newPassword } }));
  t.like((await change('not this one')).json, { code: 'wrong-password', errors: [{ pointer: '#/currentPassword' }] });
  t.is((await change(goodPassword, 'password123')).json.code, 'validation-failed');
  t.is((await change(goodPassword)).status, 204);
  t.is((await post(service, '/auth/refresh', { refreshToken: session.refreshToken })).status, 401);
  expect(await post(service, '/auth/login', { email: person.email, password: 'another good one' }), 200);
  for (let attempt = 0; attempt < 5; attempt += 1) await change('not this one');
  t.is((await change('another good one', 'one more good one')).json.code, 'sign-in-locked');
});

test.serial(
  'a password that is changed while somebody signs in with the old one leaves no session of it',
  async (t) => {
    const service = await start(t);
    const person = await aPerson(service);
    const { email } = person;
    for (let round = 0; round < 5; round += 1) {
      await service.query(`delete from one_time_tokens`);
      await service.query(`delete from sign_in_attempts`);
      await post(service, '/auth/forgot-password', { email });
      const token = tokenOf(service, 'user.password-reset-requested');
      const before = round === 0 ? goodPassword : `password of round ${round - 1}`;
      const [login, reset] = await Promise.all([
        post(service, '/auth/login', { email, password: before }),
        post(service, '/auth/reset-password', { token, password: `password of round ${round}` }),
      ]);
      t.is(reset.status, 204);
      t.true(login.status === 200 || login.status === 401);
      t.is((await service.query('select from sessions where ended_at is null')).length, 0);
    }
  },
);

test.serial('no operation that is open to everybody reads more than 8 KiB', async (t) => {
  const service = await start(t);
  const paths = userService.routes
    .map(({ declaration }) => declaration)
    .filter(({ access, body }) => access === 'public' && body !== undefined)
    .map(({ path }) => path);
  t.is(paths.length, 8);
  const headers = { 'content-type': 'application/json' };
  for (const path of paths) {
    const send = (size: number) => service.call('POST', path, { bytes: '{}'.padEnd(size, ' '), headers });
    t.is((await send(8193)).json.code, 'payload-too-large', path);
    t.is((await send(8192)).json.code, 'validation-failed', path);
  }
});

import test, { type ExecutionContext } from 'ava';
import type { Environment } from '#chassis/config/settings.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import {
  anEmail,
  aPerson,
  as,
  goodPassword,
  type Person,
  startUser,
  type UserUnderTest,
} from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const start = (t: ExecutionContext, changes: Environment = {}) =>
  startUser(t, databases, { APP_LOCKOUT_FAILURES_PER_NETWORK: '6', ...changes });
const login = (service: UserUnderTest, email: string, password: string, from = '203.0.113.1') =>
  service.call('POST', '/api/v1/auth/login', { body: { email, password }, headers: { 'x-forwarded-for': from } });
const wrong = 'one password for all of them';

/** As if the time had passed. */
const wait = (service: UserUnderTest, seconds: number) =>
  service.query(
    `update sign_in_attempts set updated_at = updated_at - make_interval(secs => $1), locked_until = locked_until - make_interval(secs => $1)`,
    [seconds],
  );

test.serial('one password tried at many accounts locks the network that tries, and nobody else', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  for (let index = 0; index < 5; index += 1) {
    t.is((await login(service, anEmail(), wrong)).status, 401);
    // The own account between the guesses takes none of them back.
    t.is((await login(service, person.email, goodPassword)).status, 200);
  }
  t.is((await login(service, person.email, wrong)).status, 401);
  const locked = await login(service, anEmail(), wrong);
  t.is(locked.json.code, 'sign-in-locked');
  const retryAfter = Number(locked.headers.get('retry-after'));
  t.true(retryAfter > 0 && retryAfter <= 30, `${retryAfter}`);
  t.is((await login(service, person.email, goodPassword)).status, 429, 'whatever it tries');
  t.is((await login(service, person.email, goodPassword, '198.51.100.7')).status, 200);
});

test.serial('the lock of a network doubles, and its failures are forgiven within a quarter of an hour', async (t) => {
  const service = await start(t);
  for (let index = 0; index < 6; index += 1) await login(service, anEmail(), wrong);
  await wait(service, 31);
  t.is((await login(service, anEmail(), wrong)).status, 401, 'after the lock one more attempt');
  const again = Number((await login(service, anEmail(), wrong)).headers.get('retry-after'));
  t.true(again > 30 && again <= 60, `doubled: ${again}`);
  await wait(service, 61 + 7 * 150);
  for (let index = 0; index < 5; index += 1) t.is((await login(service, anEmail(), wrong)).status, 401, `${index}`);
});

test.serial('a network that nobody guesses from may sign in as often as it likes, also at once', async (t) => {
  const service = await start(t);
  const people: Person[] = [];
  for (let index = 0; index < 10; index += 1) people.push(await aPerson(service));
  for (let round = 0; round < 2; round += 1) {
    const answers = await Promise.all(people.map(({ email }) => login(service, email, goodPassword)));
    t.true(answers.every(({ status }) => status === 200));
  }
});

test.serial('all addresses of an IPv6 network count as one, and so do guesses at the present password', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  for (let index = 0; index < 4; index += 1) await login(service, anEmail(), wrong, `2001:db8::${index + 1}`);
  for (let index = 0; index < 2; index += 1) {
    const body = { currentPassword: wrong, newPassword: 'another good password' };
    const headers = { 'x-forwarded-for': `2001:db8::a:${index + 1}` };
    const answer = await service.call('POST', '/api/v1/me/password', as(person, { body, headers }));
    t.is(answer.json.code, 'wrong-password');
  }
  t.is((await login(service, person.email, goodPassword, '2001:db8::ffff')).json.code, 'sign-in-locked');
  t.is((await login(service, person.email, goodPassword, '2001:db8:0:1::1')).status, 200);
});

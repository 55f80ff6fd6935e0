import { cp, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import test, { type ExecutionContext } from 'ava';
import { Registry } from 'prom-client';
import { silentLogger } from '#chassis/logger.ts';
import { migrate } from '#chassis/migrations/runner.ts';
import { databaseEnvironment, loginTo, startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import { digestToken } from './secrets/opaque-token.ts';
import { createPasswordHasher } from './secrets/password-hasher.ts';
import {
  as,
  expect,
  goodPassword,
  readGauges,
  signIn,
  startUser,
  tokenOf,
  type UserUnderTest,
} from './testing/user-under-test.ts';

const migrations = new URL('./migrations/', import.meta.url);
const names = (await readdir(migrations)).map((file) => file.replace('.sql', ''));
const databases = await startTestDatabases(migrations);
test.after.always(() => databases.close());

/** The last one before personal data was sealed. */
const lastPlain = '0009';
let count = 0;

interface OldPerson {
  readonly id: string;
  readonly email: string;
  readonly password: string;
}

/** A database that the version before has filled, with the migrations of this one as far as they run beside it. */
async function anOldDatabase(t: ExecutionContext) {
  count += 1;
  const name = `old_${count}`;
  await databases.server.createDatabase(name);
  const settings = loginTo(databases.server, name);
  const migrateAs = (version: string, folder = migrations) =>
    migrate(folder, { ...settings, migrationDeadlineMs: 10_000, release: { service: 'user', version } }, silentLogger);
  const old = await mkdtemp(join(tmpdir(), 'migrations-'));
  t.teardown(() => rm(old, { recursive: true }));
  for (const file of await readdir(migrations))
    if (file.slice(0, 4) <= lastPlain) await cp(new URL(file, migrations), join(old, file));
  await migrateAs('before', pathToFileURL(`${old}/`));
  return { environment: databaseEnvironment(databases.server, name), migrateAs };
}

const hashing = { memoryKib: 19_456, passes: 2, concurrency: 1, waiting: 1 };
/** Of the password of all of them. */
const passwordHash = createPasswordHasher(hashing, new Registry()).hash(goodPassword);

const registrationToken = 'r'.repeat(43);

/** Accounts with an address each, and a registration, as the version before wrote them. */
async function fill(service: Pick<UserUnderTest, 'query'>, people: number): Promise<readonly OldPerson[]> {
  const hash = await passwordHash;
  const rows = await service.query(
    `insert into users (id, email, email_key, password_hash, given_name, family_name, phone, email_verified_at)
     select gen_random_uuid(), 'Old' || n || '@Example.org', 'old' || n || '@example.org', $1, 'Olda', 'Lovelace', '+4930' || 100000 + n, now()
     from generate_series(1, $2) as n returning id, email`,
    [hash, people],
  );
  await service.query(
    `insert into addresses (id, user_id, recipient, line1, city, region, postal_code, country_code, is_default_shipping)
     select gen_random_uuid(), id, 'Olda L.', 'Old street', 'Berlin', 'Mitte', '10115', 'DE', true from users`,
  );
  await service.query(
    `insert into registrations (token_hash, email, email_key, password_hash, given_name, family_name, locale, sent_at, expires_at)
     values ($1, 'Waiting@Example.org', 'waiting@example.org', $2, 'Wanda', '', 'de', now() - interval '2 minutes', now() + interval '1 hour')`,
    [digestToken(registrationToken), hash],
  );
  return rows.map(({ id, email }) => ({ id, email, password: goodPassword }));
}

/** The database and a service on it that seals nothing by itself. */
async function start(t: ExecutionContext, people = 2) {
  const { environment, migrateAs } = await anOldDatabase(t);
  t.deepEqual(
    await migrateAs('dev'),
    ['0010', '0011', '0012'].map((number) => fileOf(number)),
  );
  const service = await startUser(t, databases, { ...environment, APP_PERSONAL_DATA_RESEAL_MS: '3600000' });
  return { service, migrateAs, people: await fill(service, people) };
}

const fileOf = (number: string) => names.find((name) => name.startsWith(number)) ?? number;

const plainOf = async (service: UserUnderTest, id: string) =>
  (
    await service.query(
      `select u.sealed is not null as sealed, concat(u.email, u.given_name, u.family_name, u.phone) as "user",
         a.sealed is not null as "addressSealed", concat(a.recipient, a.line1, a.city, a.region, a.postal_code) as address
       from users u left join addresses a on a.user_id = u.id where u.id = $1`,
      [id],
    )
  )[0];
const headers = { 'if-match': '*' };

test.serial('rows of before are read as they are, and sealed by what changes them', async (t) => {
  const { service, people } = await start(t);
  const [person, other] = people;
  if (person === undefined || other === undefined) throw new Error('nobody is there');
  t.is((await service.call('GET', '/health')).status, 200);
  await signIn(service, person);
  const account = { email: 'Old1@Example.org', givenName: 'Olda', familyName: 'Lovelace', phone: '+4930100001' };
  t.like((await service.call('GET', '/api/v1/me', as(person))).json, { ...account, version: 1 });
  const list = await service.call('GET', '/api/v1/users?email=OLD1@example.org', as(other, {}, ['support']));
  t.like(list.json, { items: [account] });
  const exported = (await service.call('GET', '/api/v1/me/export', as(person))).json;
  t.like(exported, { account, addresses: [{ recipient: 'Olda L.', company: null, postalCode: '10115' }] });
  const known = { email: person.email, password: goodPassword };
  expect(await service.call('POST', '/api/v1/users', { body: known }), 202);
  t.like(service.events.at(-1), { type: 'user.registration-repeated', key: person.id });
  t.like(await plainOf(service, person.id), { sealed: false, addressSealed: false });

  const change = (path: string, body: unknown) =>
    service.call('PATCH', `/api/v1/me${path}`, as(person, { body, headers }));
  t.like((await change('', { givenName: 'New' })).json, { ...account, givenName: 'New', version: 2 });
  const [address] = exported.addresses;
  const changed = await change(`/addresses/${address.id}`, { line1: 'New street' });
  const { updatedAt } = changed.json;
  t.deepEqual(changed.json, { ...address, line1: 'New street', version: 2, updatedAt });
  t.deepEqual(await plainOf(service, person.id), { sealed: true, user: '', addressSealed: true, address: '' });
  await signIn(service, person);

  expect(await service.call('DELETE', '/api/v1/me', as(other, { headers })), 204);
  t.like(await plainOf(service, other.id), { sealed: false, user: '', address: '' });
  t.is((await service.call('POST', '/api/v1/auth/login', { body: { ...known, email: other.email } })).status, 401);
});

test.serial('a registration of before, which has no id, is sent again and becomes an account with one', async (t) => {
  const { service } = await start(t, 0);
  const post = (path: string, body: unknown) => service.call('POST', `/api/v1${path}`, { body });
  expect(await post('/auth/resend-verification', { email: 'WAITING@example.org' }), 202);
  const [{ id }] = await service.query('select id from registrations');
  t.is(service.events.at(-1)?.key, id);
  await service.query('update registrations set id = null');
  expect(await post('/auth/verify-email', { token: tokenOf(service, 'user.verification-requested') }), 204);
  const [row] = await service.query('select id from users');
  t.is(service.events.at(-1)?.key, row.id);
  t.like((await service.call('GET', '/api/v1/me', as(row))).json, {
    email: 'Waiting@Example.org',
    givenName: 'Wanda',
    locale: 'de',
  });
});

test.serial('rows of before are sealed while people sign in, and only then the columns go', async (t) => {
  const { service, people, migrateAs } = await start(t, 450);
  await t.throwsAsync(migrateAs('next'), { message: /0013-plain-personal-data failed/ });
  t.is((await service.query('select from schema_migrations where version = 13')).length, 0);
  // The id that the version before left out comes when the link is sent again; such a registration ends within a day by itself.
  await service.query('update registrations set id = gen_random_uuid()');
  const worker = await startUser(t, databases, { ...service.environment, APP_PERSONAL_DATA_RESEAL_MS: '20' });
  let isSealing = true;
  const signingIn = (async () => {
    for (let index = 0; isSealing; index += 1) {
      const person = people[index % people.length];
      if (person !== undefined) await signIn(index % 2 === 0 ? service : worker, person);
    }
  })();
  await waitFor('nothing is left', async () => Object.values(await readGauges(worker, 'outdated')).join() === '0,0,0', {
    timeoutMs: 30_000,
  });
  isSealing = false;
  await signingIn;
  for (const { id } of people.slice(0, 5))
    t.deepEqual(await plainOf(service, id), { sealed: true, user: '', addressSealed: true, address: '' });
  const [last] = people.slice(-1);
  if (last === undefined) throw new Error('nobody is there');
  const before = await service.call('GET', '/api/v1/me/addresses', as(last));
  t.like(before.json, { items: [{ recipient: 'Olda L.', version: 1, city: 'Berlin', isDefaultShipping: true }] });

  t.deepEqual(await migrateAs('next'), [fileOf('0013')]);
  for (const running of [service, worker]) {
    await signIn(running, last);
    t.is((await running.call('GET', '/api/v1/me/addresses', as(last))).text, before.text);
  }
  expect(await service.call('POST', '/api/v1/auth/verify-email', { body: { token: registrationToken } }), 204);
  expect(await service.call('DELETE', '/api/v1/me', as(last, { headers })), 204);
});

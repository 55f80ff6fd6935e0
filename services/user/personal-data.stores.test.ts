import test, { type ExecutionContext } from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import {
  anAddress,
  aPerson,
  aPersonalDataKey,
  as,
  expect,
  goodPassword,
  readGauges,
  signIn,
  startUser,
  tokenOf,
  type UserUnderTest,
} from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const any = { 'if-match': '*' };
const book = '/api/v1/me/addresses';

/** All that somebody sees who reads the database, with bytes and base64 as what they may stand for. */
async function dump(service: UserUnderTest): Promise<string> {
  const tables = await service.query(`select tablename as name from pg_tables where schemaname = 'public'`);
  const rows = [];
  for (const { name } of tables) rows.push(...(await service.query(`select to_jsonb(t) as row from ${name} t`)));
  const values = rows.flatMap(({ row }) => Object.values<unknown>(row));
  return values.flatMap(readingsOf).join('\n').toLowerCase();
}

function readingsOf(value: unknown): readonly string[] {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  const bytes = text.startsWith('\\x') ? Buffer.from(text.slice(2), 'hex') : Buffer.from(text, 'base64');
  return [text, bytes.toString('latin1'), bytes.toString('utf8')];
}

test.serial('who reads the database learns no address, number, street or name, and callers get them all', async (t) => {
  const service = await startUser(t, databases);
  const email = 'Grace.Brewster@navy.example';
  const post = (path: string, body: unknown) => service.call('POST', `/api/v1${path}`, { body });
  const names = { givenName: 'Hypatia', familyName: 'Zebulon' };
  expect(await post('/users', { email, password: goodPassword, ...names }), 202);
  expect(await post('/auth/verify-email', { token: tokenOf(service, 'user.verification-requested') }), 204);
  const [{ id }] = await service.query('select id from users');
  const person = { id, email, password: goodPassword };
  await signIn(service, person);
  expect(await post('/auth/login', { email, password: 'a wrong password' }), 401);
  expect(await post('/auth/login', { email: 'unknown.brewster@navy.example', password: goodPassword }), 401);
  expect(await service.call('PATCH', '/api/v1/me', as(person, { body: { phone: '+49301112223' }, headers: any })), 200);
  const fields = { recipient: 'Zebulon & Sons', company: 'Quixotic', line1: 'Jabberwocky Lane 7', line2: 'Backhouse' };
  const body = anAddress({ ...fields, city: 'Xanadu', region: 'Kublai', postalCode: '99887', phone: '+49304445556' });
  const adding = as(person, { body, headers: { 'idempotency-key': 'once' } });
  const added = expect(await service.call('POST', book, adding), 201);
  t.like(added.json, body);
  const repeated = expect(await service.call('POST', book, adding), 201);
  t.is(repeated.text, added.text, 'the reply that was kept is the reply that was sent');
  const url = `${book}/${added.json.id}`;
  const changed = expect(
    await service.call('PATCH', url, as(person, { body: { city: 'Atlantis' }, headers: any })),
    200,
  );
  t.like(changed.json, { ...body, city: 'Atlantis', version: 2 });
  const exported = expect(await service.call('GET', '/api/v1/me/export', as(person)), 200).json;
  const { email: mailbox, familyName, phone } = exported.account;
  t.deepEqual([mailbox, familyName, phone], [email, 'Zebulon', '+49301112223']);
  t.deepEqual(exported.addresses, [changed.json]);
  expect(await post('/auth/forgot-password', { email }), 202);
  expect(await post('/users', { email, password: goodPassword }), 202);
  expect(await post('/users', { email: 'second.brewster@navy.example', password: goodPassword, ...names }), 202);
  const token = tokenOf(service, 'user.password-reset-requested');

  const seen = await dump(service);
  t.true(seen.includes(id) && seen.includes('user.registered') && seen.includes('/api/v1/me/addresses'));
  for (const trace of ['brewster', 'navy.example', 'hypatia', 'zebulon', '+4930', 'quixotic', 'jabberwocky', token])
    t.false(seen.includes(trace.toLowerCase()), trace);
  for (const trace of ['backhouse', 'xanadu', 'atlantis', 'kublai', '99887']) t.false(seen.includes(trace), trace);
  t.deepEqual(
    [...new Set(service.events.map(({ data }) => data.recipient.email))].toSorted(),
    [email, 'second.brewster@navy.example'].toSorted(),
    'events have them',
  );
});

/** Asks for something that cannot be opened: an internal error whose reason is in the log, once. */
async function assertRefused(t: ExecutionContext, service: UserUnderTest, ask: () => Promise<{ status: number }>) {
  const before = service.logs.length;
  t.is((await ask()).status, 500);
  const errors = service.logs.slice(before).filter(({ level }) => level === 'error' || level === 50);
  t.is(errors.length, 1);
  t.regex(
    JSON.stringify(errors),
    /cannot be opened with key [0-9a-f]{12}: it was changed, or belongs to another place/,
  );
}

test.serial('a sealed value that is put into another row is refused there', async (t) => {
  const service = await startUser(t, databases);
  const [a, b] = [await aPerson(service), await aPerson(service)];
  const add = async (recipient: string) =>
    expect(await service.call('POST', book, as(a, { body: anAddress({ recipient }) })), 201).json;
  const [first, second] = [await add('One'), await add('Two')];
  const [{ sealed }] = await service.query('select sealed from users where id = $1', [b.id]);
  await service.query('update users set sealed = (select sealed from users where id = $1) where id = $2', [a.id, b.id]);
  await assertRefused(t, service, () => service.call('GET', '/api/v1/me', as(b)));
  await assertRefused(t, service, () => service.call('GET', '/api/v1/me/export', as(b)));
  t.is((await service.call('GET', '/api/v1/me', as(a))).json.email, a.email);
  await service.query('update users set sealed = $2 where id = $1', [b.id, sealed]);
  t.is((await service.call('GET', '/api/v1/me', as(b))).json.email, b.email);

  await service.query('update addresses set sealed = (select sealed from addresses where id = $1) where id = $2', [
    first.id,
    second.id,
  ]);
  await assertRefused(t, service, () => service.call('GET', `${book}/${second.id}`, as(a)));
  await service.query('update addresses set user_id = $2, is_default_shipping = false where id = $1', [first.id, b.id]);
  await assertRefused(t, service, () => service.call('GET', book, as(b)));
});

test.serial('a row of an unknown key is told and counted, harms nobody else, and can be erased', async (t) => {
  const service = await startUser(t, databases, { APP_PERSONAL_DATA_RESEAL_MS: '20' });
  const [person, other] = [await aPerson(service), await aPerson(service)];
  t.is((await service.call('GET', '/health')).status, 200);
  await service.query(
    `update users set sealed = overlay(sealed placing '\\x0123456789ab'::bytea from 1) where id = $1`,
    [person.id],
  );
  await waitFor('it is counted', async () => (await readGauges(service, 'unreadable'))['users'] === 1, {
    timeoutMs: 20_000,
  });
  t.deepEqual(await readGauges(service, 'outdated'), { users: 0, registrations: 0, addresses: 0 });
  await signIn(service, other);
  t.is((await service.call('GET', '/health')).status, 200, 'it has begun and goes on');
  t.is((await service.call('GET', '/api/v1/me', as(person))).status, 500);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const told = service.logs.filter(({ msg }) => msg === 'rows of personal data are sealed with an unknown key');
  t.is(told.length, 1, 'once, however often it is seen');
  t.like(told[0], { table: 'users', keyId: '0123456789ab', rows: 1 });

  expect(await service.call('DELETE', '/api/v1/me', as(person, { headers: any })), 204);
  await waitFor('it is gone', async () => (await readGauges(service, 'unreadable'))['users'] === 0, {
    timeoutMs: 20_000,
  });
  t.is((await service.query(`select from users where sealed is null and status = 'erased'`)).length, 1);
});

test.serial('a changed row under an older key is left alone, and those behind it are sealed', async (t) => {
  const [older, newer] = [aPersonalDataKey(), aPersonalDataKey()];
  const before = await startUser(t, databases, { APP_PERSONAL_DATA_KEYS: older });
  const [broken, other] = [await aPerson(before), await aPerson(before)];
  await before.stop();
  await before.query(`update users set sealed = set_byte(sealed, 20, 255 - get_byte(sealed, 20)) where id = $1`, [
    broken.id,
  ]);
  const keys = { APP_PERSONAL_DATA_KEYS: `${newer},${older}`, APP_PERSONAL_DATA_RESEAL_MS: '20' };
  const after = await startUser(t, databases, { ...before.environment, ...keys });
  await waitFor('the other one is sealed', async () => (await readGauges(after, 'unreadable'))['users'] === 1, {
    timeoutMs: 20_000,
  });
  t.is((await readGauges(after, 'outdated'))['users'], 0);
  await signIn(after, other);
  await new Promise((resolve) => setTimeout(resolve, 200));
  const told = after.logs.filter(({ table }) => table === 'users');
  t.is(told.length, 1);
  t.like(told[0], { id: broken.id, msg: 'a row of personal data cannot be opened and stays as it is' });
  expect(await after.call('DELETE', '/api/v1/me', as(broken, { headers: any })), 204);
  await waitFor('it is forgotten', async () => (await readGauges(after, 'unreadable'))['users'] === 0, {
    timeoutMs: 20_000,
  });
});

import test, { type ExecutionContext } from 'ava';
import type { Answer } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import {
  anAddress,
  aPerson,
  as,
  expect,
  goodPassword,
  type Person,
  signIn,
  startUser,
  tokenOf,
  type UserUnderTest,
} from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const start = (t: ExecutionContext) => startUser(t, databases);
const book = '/api/v1/me/addresses';
const any = { 'if-match': '*' };
const admin = { id: '01a20792-7531-7b89-86c5-c73c7e30f850' };

const add = async (service: UserUnderTest, person: Person, changes = {}): Promise<Answer> =>
  service.call('POST', book, as(person, { body: anAddress(changes) }));
const addresses = async (service: UserUnderTest, person: Person) =>
  (await service.call('GET', book, as(person))).json.items;

test.serial('a profile is changed by a merge patch on the version that was read', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const change = (body: unknown, tag = '*') =>
    service.call('PATCH', '/api/v1/me', as(person, { body, headers: { 'if-match': tag } }));
  const changed = await change({ familyName: 'Lovelace', phone: '+4930123456', locale: 'de' }, '"v1"');
  t.like(changed.json, { givenName: 'Ada', familyName: 'Lovelace', phone: '+4930123456', locale: 'de', version: 2 });
  t.is(changed.headers.get('etag'), '"v2"');
  t.is((await change({ givenName: 'B' }, '"v1"')).json.code, 'precondition-failed');
  t.is((await service.call('PATCH', '/api/v1/me', as(person, { body: {} }))).json.code, 'precondition-required');
  t.is((await change({ phone: null })).json.phone, null);
  t.like(service.events.at(-1), { type: 'user.updated', key: person.id, data: { version: 3 } });
  for (const [field, value] of [
    ['roles', ['admin']],
    ['emailVerified', true],
    ['id', person.id],
    ['status', 'active'],
    ['version', 9],
  ] as const) {
    const refused = await change({ givenName: 'Eve', [field]: value });
    t.like(refused.json, { status: 422, errors: [{ pointer: `#/${field}` }] });
  }
  t.like((await service.call('GET', '/api/v1/me', as(person))).json, {
    givenName: 'Ada',
    version: 3,
    roles: ['customer'],
  });
});

test.serial('who is signed in without an account has none here', async (t) => {
  const service = await start(t);
  for (const subject of ['admin', 'order', '01a20792-7531-7b89-86c5-c73c7e30f850']) {
    for (const path of ['/api/v1/me', '/api/v1/me/export'])
      t.is((await service.call('GET', path, { subject, roles: ['admin'] })).status, 404);
    t.is((await service.call('POST', book, { subject, roles: ['admin'], body: anAddress() })).status, 404);
  }
  t.is((await service.query('select from addresses')).length, 0);
});

test.serial('addresses are added, read, changed and deleted', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const created = await add(service, person, { company: 'Engines Ltd', postalCode: '10115' });
  t.is(created.status, 201);
  const path = created.headers.get('location') ?? '';
  t.like(created.json, {
    company: 'Engines Ltd',
    line2: null,
    isDefaultShipping: true,
    isDefaultBilling: true,
    version: 1,
  });
  t.deepEqual((await service.call('GET', path, as(person))).json, created.json);
  const change = (body: unknown, tag: string) =>
    service.call('PATCH', path, as(person, { body, headers: { 'if-match': tag } }));
  const changed = await change({ company: null, city: 'Wien', countryCode: 'AT' }, '"v1"');
  t.like(changed.json, { company: null, city: 'Wien', countryCode: 'AT', postalCode: '10115', version: 2 });
  t.is((await change({ city: 'Graz' }, '"v1"')).json.code, 'precondition-failed');
  const remove = (tag: string) => service.call('DELETE', path, as(person, { headers: { 'if-match': tag } }));
  t.is((await remove('"v1"')).json.code, 'precondition-failed');
  t.is((await remove('"v2"')).status, 204);
  t.is((await remove('*')).json.code, 'not-found');
  t.deepEqual(await addresses(service, person), []);
  for (const [field, value] of [
    ['countryCode', 'XX'],
    ['countryCode', 'de'],
    ['recipient', ' '],
    ['phone', '030 123'],
  ] as const)
    t.like((await add(service, person, { [field]: value })).json, { status: 422, errors: [{ pointer: `#/${field}` }] });
});

test.serial('one address at most is the default of its kind, also when several become it at once', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const first = (await add(service, person)).json;
  const second = (await add(service, person, { isDefaultShipping: true })).json;
  const flags = async () =>
    (await addresses(service, person)).map((one: Record<string, unknown>) => [
      one['isDefaultShipping'],
      one['isDefaultBilling'],
    ]);
  t.deepEqual(await flags(), [
    [false, true],
    [true, false],
  ]);
  t.is((await service.call('GET', `${book}/${first.id}`, as(person))).json.version, 2, 'it has changed');
  const choose = (id: string) =>
    service.call(
      'PATCH',
      `${book}/${id}`,
      as(person, { body: { isDefaultShipping: true, isDefaultBilling: true }, headers: any }),
    );
  const third = (await add(service, person)).json;
  const answers = await Promise.all([first, second, third, first, second, third].map(({ id }) => choose(id)));
  t.true(answers.every(({ status }) => status === 200));
  const after = await flags();
  t.is(after.filter(([shipping]: boolean[]) => shipping).length, 1);
  t.is(after.filter(([, billing]: boolean[]) => billing).length, 1);
});

test.serial('an address book has 50 addresses at most, also when many are added at once', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  for (let batch = 0; batch < 4; batch += 1) await Promise.all(Array.from({ length: 12 }, () => add(service, person)));
  const last = await Promise.all(Array.from({ length: 6 }, () => add(service, person)));
  t.deepEqual(last.map(({ status }) => status).toSorted(), [201, 201, 409, 409, 409, 409]);
  t.is(last.find(({ status }) => status === 409)?.json.code, 'too-many-addresses');
  t.is((await addresses(service, person)).length, 50);
});

test.serial('an address that is sent twice with one key is added once', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const body = anAddress();
  const send = () => service.call('POST', book, as(person, { body, headers: { 'idempotency-key': 'one' } }));
  const [one, two] = [await send(), await send()];
  t.is(one.json.id, two.json.id);
  t.is((await addresses(service, person)).length, 1);
});

test.serial('an export has everything that is kept about the person, and nothing secret', async (t) => {
  const service = await start(t);
  const [person, other] = [await aPerson(service), await aPerson(service)];
  const session = await signIn(service, person);
  await add(service, person);
  await add(service, other, { recipient: 'Somebody Else' });
  const answer = await service.call('GET', '/api/v1/me/export', as(person));
  t.is(answer.status, 200);
  t.like(answer.json, { account: { email: person.email, givenName: 'Ada' }, addresses: [{ recipient: 'Ada L.' }] });
  t.is(answer.json.sessions.length, 1);
  t.deepEqual(
    answer.json.activity.map(({ kind }: { kind: string }) => kind),
    ['verify-email', 'sign-in'],
  );
  t.regex(answer.headers.get('cache-control') ?? '', /no-store/);
  for (const secret of ['argon2', session.refreshToken, 'Somebody Else', other.email])
    t.false(answer.text.includes(secret));
});

/** Every text in every table, as the database has it. */
async function everything(service: UserUnderTest): Promise<string> {
  const tables = await service.query(`select tablename as name from pg_tables where schemaname = 'public'`);
  const rows = [];
  for (const { name } of tables) rows.push(await service.query(`select t::text from ${name} t`));
  return JSON.stringify(rows);
}

test.serial('an erased account leaves nothing of the person, no session and no way back in', async (t) => {
  const service = await start(t);
  const person = await aPerson(service);
  const kept = await aPerson(service);
  const session = await signIn(service, person);
  const body = anAddress({ recipient: 'Unmistakable Name', phone: '+4930987654' });
  await service.call('POST', book, as(person, { body, headers: { 'idempotency-key': 'k' } }));
  await service.call('PATCH', '/api/v1/me', as(person, { body: { familyName: 'Unmistakable' }, headers: any }));
  await service.call('POST', '/api/v1/auth/forgot-password', { body: { email: person.email } });
  const token = tokenOf(service, 'user.password-reset-requested');
  await service.call('POST', '/api/v1/auth/login', { body: { email: person.email, password: 'a wrong password' } });
  const erase = (tag: string) => service.call('DELETE', '/api/v1/me', as(person, { headers: { 'if-match': tag } }));
  const sealedOf = async (id: string) =>
    (
      await service.query(
        `select encode(sealed, 'hex') as sealed from users where id = $1
         union all select encode(sealed, 'hex') from addresses where user_id = $1`,
        [id],
      )
    ).map(({ sealed }) => sealed);
  const traces = await sealedOf(person.id);
  t.is(traces.filter((trace) => trace !== null).length, 2);
  const before = await everything(service);
  for (const trace of traces) t.true(before.includes(trace), trace);
  t.is((await service.call('DELETE', '/api/v1/me', as(person))).json.code, 'precondition-required');
  t.is((await erase('"v1"')).json.code, 'precondition-failed');
  t.is((await erase('"v2"')).status, 204);
  const left = await everything(service);
  for (const trace of traces) t.false(left.includes(trace), trace);
  t.true(left.includes((await sealedOf(kept.id))[0]));
  const [row] = await service.query('select * from users where id = $1', [person.id]);
  t.like(row, { status: 'erased', sealed: null, email_key: null, password_hash: null, roles: [] });
  const told = service.events.filter(({ key }) => key === person.id);
  const { erasedAt } = told[0]?.data ?? {};
  t.deepEqual(told, [{ type: 'user.deleted', key: person.id, data: { userId: person.id, erasedAt, version: 3 } }]);

  const post = (path: string, content: unknown) => service.call('POST', `/api/v1/auth/${path}`, { body: content });
  t.is((await post('refresh', { refreshToken: session.refreshToken })).json.code, 'invalid-refresh-token');
  t.is((await post('login', { email: person.email, password: goodPassword })).json.code, 'invalid-credentials');
  t.is((await post('reset-password', { token, password: 'another good one' })).json.code, 'one-time-token-invalid');
  t.is((await erase('*')).json.code, 'not-found');
  t.is((await service.call('GET', '/api/v1/me', as(person))).status, 404);
  t.is((await add(service, person)).status, 404);
  t.is((await service.call('GET', `/api/v1/users/${person.id}`, as(admin, {}, ['admin']))).status, 404);
  // The address may be used again, by anybody who reads the mailbox.
  t.is(
    (await service.call('POST', '/api/v1/users', { body: { email: person.email, password: goodPassword } })).status,
    202,
  );
  t.is(service.events.at(-1)?.type, 'user.verification-requested');
});

test.serial('what is written while an account is erased does not survive it', async (t) => {
  const service = await start(t);
  for (let round = 0; round < 5; round += 1) {
    const person = await aPerson(service);
    const tokens = await signIn(service, person);
    const results = await Promise.all([
      service.call('DELETE', '/api/v1/me', as(person, { headers: any })),
      ...Array.from({ length: 3 }, () => add(service, person, { recipient: 'Late' })),
      service.call('POST', '/api/v1/auth/refresh', { body: { refreshToken: tokens.refreshToken } }),
      service.call('POST', '/api/v1/auth/login', { body: { email: person.email, password: goodPassword } }),
    ]);
    t.is(results[0]?.status, 204);
    t.true(results.every(({ status }) => status < 500));
  }
  t.is((await service.query('select from addresses')).length, 0);
  t.is((await service.query('select from sessions where ended_at is null')).length, 0);
});

test.serial('the staff lists, finds and pages accounts', async (t) => {
  const service = await start(t);
  const people: Person[] = [];
  for (let index = 0; index < 5; index += 1) people.push(await aPerson(service));
  const get = async (query: string) =>
    expect(await service.call('GET', `/api/v1/users?${query}`, as(admin, {}, ['support'])), 200).json;
  const seen: string[] = [];
  let cursor = '';
  do {
    const page = await get(`limit=2${cursor}`);
    seen.push(...page.items.map(({ id }: { id: string }) => id));
    cursor = page.nextCursor === null ? '' : `&cursor=${page.nextCursor}`;
  } while (cursor !== '');
  t.deepEqual(seen, people.map(({ id }) => id).toReversed());
  const email = people[1]?.email ?? '';
  t.like(await get(`email=${email.toUpperCase()}`), { items: [{ email }], nextCursor: null });
  t.is((await get('role=admin')).items.length, 0);
  t.is((await get('status=locked')).items.length, 0);
  const { nextCursor } = await get('limit=1');
  const elsewhere = await service.call(
    'GET',
    `/api/v1/users?role=admin&cursor=${nextCursor}`,
    as(admin, {}, ['admin']),
  );
  t.is(elsewhere.json.code, 'invalid-cursor');
});

test.serial(
  'an administrator sets roles, which the next access token has; never the own ones and never those of services',
  async (t) => {
    const service = await start(t);
    const person = await aPerson(service);
    const session = await signIn(service, person);
    const set = (id: string, roles: readonly string[], actor = admin) =>
      service.call('PUT', `/api/v1/users/${id}/roles`, as(actor, { body: { roles }, headers: any }, ['admin']));
    t.like((await set(person.id, ['customer', 'warehouse'])).json, { roles: ['customer', 'warehouse'], version: 2 });
    t.like(service.events.at(-1), { type: 'user.roles-changed', key: person.id });
    const body = { refreshToken: session.refreshToken };
    const { accessToken } = (await service.call('POST', '/api/v1/auth/refresh', { body })).json;
    const claims = JSON.parse(Buffer.from(accessToken.split('.')[1], 'base64url').toString());
    t.deepEqual(claims.roles, ['customer', 'warehouse']);
    t.is(claims.scope, 'cart orders orders:read profile shipments:write stock:write');
    for (const roles of [['service'], ['wizard'], [], ['admin', 'admin']])
      t.is((await set(person.id, roles)).json.code, 'validation-failed');
    t.is((await set(person.id, ['customer'], person)).json.code, 'own-account');
    for (const word of ['lock', 'unlock'])
      t.is(
        (await service.call('POST', `/api/v1/users/${person.id}/${word}`, as(person, {}, ['admin']))).json.code,
        'own-account',
      );
    const [entry] = await service.query(`select actor from auth_events where kind = 'change-roles'`);
    t.is(entry.actor, admin.id);
  },
);

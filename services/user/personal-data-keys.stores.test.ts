import test, { type ExecutionContext } from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { waitFor } from '#lab/control-plane/wait.ts';
import {
  anAddress,
  anEmail,
  aPerson,
  aPersonalDataKey,
  as,
  expect,
  goodPassword,
  personalDataOf,
  readGauges,
  signIn,
  startUser,
  tokenOf,
  type UserUnderTest,
} from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const [oldKey, newKey] = [aPersonalDataKey(), aPersonalDataKey()];
const idOf = (key: string) => personalDataOf({ APP_PERSONAL_DATA_KEYS: key }).keyIds[0];

const start = (t: ExecutionContext, keys: readonly string[], beside?: UserUnderTest, resealMs = 3_600_000) =>
  startUser(t, databases, {
    ...beside?.environment,
    APP_PERSONAL_DATA_KEYS: keys.join(','),
    APP_PERSONAL_DATA_RESEAL_MS: String(resealMs),
  });

const post = (service: UserUnderTest, path: string, body: unknown) => service.call('POST', `/api/v1${path}`, { body });
const book = '/api/v1/me/addresses';

test.serial('keys are changed without a sign-in that is lost, and then the old one can be taken away', async (t) => {
  const before = await start(t, [oldKey]);
  const person = await aPerson(before);
  const address = expect(await before.call('POST', book, as(person, { body: anAddress() })), 201).json;
  const waiting = anEmail();
  expect(await post(before, '/users', { email: waiting, password: goodPassword, givenName: 'Grace' }), 202);
  const token = tokenOf(before, 'user.verification-requested');

  // Two releases of keys at once, as in a rollout: whatever either seals the other opens.
  const during = await start(t, [newKey, oldKey], before);
  const beside = await start(t, [oldKey, newKey], before);
  for (const service of [during, beside]) {
    await signIn(service, person);
    expect(await post(service, '/users', { email: person.email, password: goodPassword }), 202);
    t.is(service.events.at(-1)?.type, 'user.registration-repeated', 'the address is known under either key');
    t.deepEqual((await service.call('GET', book, as(person))).json.items, [address]);
  }
  const [one, two] = [await aPerson(during), await aPerson(beside)];
  await signIn(during, two);
  await signIn(beside, one);
  const headers = { 'if-match': '*' };
  const changed = await during.call('PATCH', '/api/v1/me', as(two, { body: { phone: '+4930123456' }, headers }));
  t.is((await beside.call('GET', '/api/v1/me', as(two))).text, changed.text);
  await Promise.all([before, during, beside].map((service) => service.stop()));

  const sealing = await start(t, [newKey, oldKey], before, 20);
  await waitFor(
    'nothing is left',
    async () => Object.values(await readGauges(sealing, 'outdated')).join() === '0,0,0',
    {
      timeoutMs: 20_000,
    },
  );
  const found = await sealing.query(`select distinct encode(substring(sealed from 1 for 6), 'hex') as key from
    (select sealed from users union all select sealed from registrations union all select sealed from addresses) as all_of_them`);
  t.deepEqual(found, [{ key: idOf(newKey) }]);
  t.is((await sealing.call('GET', '/api/v1/me', as(two))).text, changed.text, 'also the version is the same');
  await sealing.stop();

  const after = await start(t, [newKey], before);
  t.is((await after.call('GET', '/health')).status, 200);
  for (const known of [person, one, two]) await signIn(after, known);
  t.deepEqual((await after.call('GET', book, as(person))).json.items, [address]);
  expect(await post(after, '/auth/verify-email', { token }), 204);
  const list = await after.call('GET', `/api/v1/users?email=${waiting}`, as({ id: one.id }, {}, ['support']));
  t.like(list.json, { items: [{ email: waiting, givenName: 'Grace' }] });
});

test.serial('of two registrations of one mailbox under two keys one becomes an account', async (t) => {
  const first = await start(t, [oldKey, newKey]);
  const second = await start(t, [newKey, oldKey], first);
  const email = anEmail();
  const tokens: string[] = [];
  for (const service of [first, second]) {
    expect(await post(service, '/users', { email, password: goodPassword }), 202);
    tokens.push(tokenOf(service, 'user.verification-requested'));
  }
  expect(await post(second, '/auth/resend-verification', { email }), 202);
  t.is(second.events.length, 2, 'there are two, and none is chosen');
  const answers = await Promise.all(
    [first, second].map((service, index) => post(service, '/auth/verify-email', { token: tokens[index] })),
  );
  t.deepEqual(answers.map(({ status }) => status).toSorted(), [204, 422]);
  t.is((await first.query('select from users')).length, 1);
  t.is((await first.query('select from registrations')).length, 0);
});

test.serial(
  'a service that is given other keys than the data has is never ready, and says which one is missing',
  async (t) => {
    const right = await start(t, [oldKey]);
    const person = await aPerson(right);
    t.is((await right.call('GET', '/health')).status, 200);
    const wrong = await start(t, [newKey], right, 20);
    const health = await wrong.call('GET', '/health');
    t.is(health.status, 503);
    t.is(health.json.checks['personal-data-keys'], 'failed');
    const said = JSON.stringify(wrong.logs);
    t.true(
      said.includes(
        `APP_PERSONAL_DATA_KEYS has the keys ${idOf(newKey)}, but rows of users are sealed with ${idOf(oldKey)}: give the missing key as well`,
      ),
    );
    t.false(said.includes(oldKey) || said.includes(newKey));
    // It does not find the account, as it does not know what it is looked up by; and it seals nothing.
    t.is((await post(wrong, '/auth/login', person)).status, 422);
    t.is((await post(wrong, '/auth/login', { email: person.email, password: goodPassword })).status, 401);
    t.is((await wrong.call('GET', '/api/v1/me', as(person))).status, 500);
    await wrong.stop();
    await signIn(right, person);
    t.is((await (await start(t, [newKey, oldKey], right)).call('GET', '/health')).status, 200);
  },
);

import test from 'ava';
import { describeApi } from '#chassis/http/openapi.ts';
import { type DescribedOperation, readApiDescription } from '#chassis/testing/api-description.ts';
import { findFaultOfAnswer, type HostileRequest, hostileRequests } from '#chassis/testing/hostile-input.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { userService } from './service.ts';
import { anAddress, aPerson, as, startUser, type UserUnderTest } from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

const api = readApiDescription(describeApi({ title: 'User', description: '', version: 'test' }, userService.routes));
const token = 'x'.repeat(43);
const password = 'correct horse battery staple';
/** Valid bodies; what they ask for does not exist or changes nothing. */
const bodies: Readonly<Record<string, Record<string, unknown>>> = {
  register: { email: 'somebody@example.org', password, givenName: 'A', familyName: 'B', locale: 'en' },
  resendVerification: { email: 'somebody@example.org' },
  verifyEmail: { token },
  login: { email: 'somebody@example.org', password },
  refresh: { refreshToken: token },
  logout: { refreshToken: token },
  forgotPassword: { email: 'somebody@example.org' },
  resetPassword: { token, password },
  updateMe: { givenName: 'A', familyName: 'B', phone: '+4930123456', locale: 'en' },
  changePassword: { currentPassword: password, newPassword: password },
  createAddress: anAddress({ company: 'C', line2: '2', region: 'R', postalCode: '1', phone: '+4930123456' }),
  updateAddress: anAddress({ company: 'C', line2: '2', region: 'R', postalCode: '1', phone: '+4930123456' }),
  setUserRoles: { roles: ['customer'] },
};

const tables = [
  'users',
  'registrations',
  'one_time_tokens',
  'sessions',
  'refresh_tokens',
  'addresses',
  'idempotency_keys',
  'outbox',
];

async function contents(service: UserUnderTest): Promise<string> {
  const rows = [];
  for (const table of tables) rows.push(await service.query(`select t::text from ${table} t order by 1`));
  return JSON.stringify(rows);
}

async function send(service: UserUnderTest, caller: { id: string }, request: HostileRequest) {
  const { operation, url, body } = request;
  const options = { headers: { 'if-match': '*', ...request.headers }, ...(body === undefined ? {} : { body }) };
  const answer = await service.call(operation.method.toUpperCase(), url, as(caller, options, ['admin', 'service']));
  return findFaultOfAnswer(request, answer);
}

function validFor(operation: DescribedOperation) {
  const params = operation.path.includes('{id}') ? { id: '01a20792-7531-7b89-86c5-c73c7e30f850' } : {};
  return { body: operation.bodySchema === undefined ? undefined : bodies[operation.id], params };
}

test('every operation with a body has a valid one here', (t) => {
  const wanted = api.operations.filter(({ bodySchema }) => bodySchema !== undefined);
  t.deepEqual(Object.keys(bodies).toSorted(), wanted.map(({ id }) => id).toSorted());
  for (const operation of wanted) t.true(api.acceptsBody(operation, bodies[operation.id]), operation.id);
});

for (const operation of api.operations) {
  test.serial(`hostile input to ${operation.id} is refused and stores nothing`, async (t) => {
    // Guesses are not what is tested here.
    const service = await startUser(t, databases, {
      APP_LOCKOUT_FAILURES: '1000',
      APP_LOCKOUT_FAILURES_PER_ADDRESS: '1000',
      APP_LOCKOUT_FAILURES_PER_NETWORK: '100000',
    });
    const caller = await aPerson(service);
    const before = await contents(service);
    const all = hostileRequests(api, operation, validFor(operation));
    const forbidden = all.filter((request) => !request.isPerhapsValid);
    const faults: (string | undefined)[] = [];
    for (const request of forbidden) faults.push(await send(service, caller, request));
    t.is(await contents(service), before);
    for (const request of all.filter((other) => other.isPerhapsValid))
      faults.push(await send(service, caller, request));
    t.deepEqual(
      faults.filter((fault) => fault !== undefined),
      [],
    );
    t.log(`${all.length} requests, ${forbidden.length} of them forbidden by the description`);
  });
}

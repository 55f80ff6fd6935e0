import test from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import type { Role } from '#contracts/identity.ts';
import { userService } from './service.ts';
import { anAddress, aPerson, as, expect, type Person, signIn, startUser } from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

/** Operations on one thing of somebody: everything with an id in its path. */
const withId = userService.routes.map(({ declaration }) => declaration).filter(({ path }) => path.includes('{'));
/** Bodies that these operations accept. */
const bodies: Readonly<Record<string, unknown>> = {
  updateAddress: { city: 'Wien' },
  setUserRoles: { roles: ['customer', 'support'] },
};

interface Caller {
  readonly name: string;
  readonly person: Pick<Person, 'id'> | undefined;
  readonly roles: readonly Role[];
}

for (const declaration of withId) {
  const { operationId, method, path, access } = declaration;
  test.serial(`${operationId}: only who may, may`, async (t) => {
    const service = await startUser(t, databases);
    const [a, b] = [await aPerson(service), await aPerson(service)];
    const staff = { id: '01a20792-7531-7b89-86c5-c73c7e30f850' };
    /** A fresh thing of A's: an earlier caller may have been allowed to delete the one before. */
    const target = async (): Promise<string> => {
      if (path.startsWith('/api/v1/users/')) return a.id;
      if (path.includes('/addresses/')) {
        const body = anAddress({ recipient: 'Ada only' });
        return expect(await service.call('POST', '/api/v1/me/addresses', as(a, { body })), 201).json.id;
      }
      await signIn(service, a);
      return (await service.call('GET', '/api/v1/me/sessions', as(a))).json.items[0].id;
    };
    const callers: readonly Caller[] = [
      { name: 'guest', person: undefined, roles: [] },
      { name: 'B', person: b, roles: ['customer'] },
      { name: 'support', person: staff, roles: ['support'] },
      { name: 'catalog manager', person: staff, roles: ['catalog-manager'] },
      { name: 'warehouse', person: staff, roles: ['warehouse'] },
      { name: 'service', person: staff, roles: ['service'] },
      { name: 'admin', person: staff, roles: ['admin'] },
      // B with every role of the staff: still nobody's customer but its own.
      { name: 'B as admin', person: b, roles: ['customer', 'admin'] },
      { name: 'A', person: a, roles: ['customer'] },
    ];
    for (const { name, person, roles } of callers) {
      const id = await target();
      const options = { headers: { 'if-match': '*' }, ...(operationId in bodies ? { body: bodies[operationId] } : {}) };
      const before = JSON.stringify(
        await service.query('select t::text, u::text from users u left join addresses t on t.user_id = u.id'),
      );
      const url = path.replace('{id}', id);
      const answer = await service.call(method, url, person === undefined ? options : as(person, options, roles));
      const wanted = expected(name, access, roles);
      t.is(answer.status < 300 ? 'done' : answer.status, wanted, `${name}: ${answer.text}`);
      if (wanted === 'done') continue;
      t.false(answer.text.includes('Ada') || answer.text.includes(a.email), `${name} learns nothing`);
      const after = JSON.stringify(
        await service.query('select t::text, u::text from users u left join addresses t on t.user_id = u.id'),
      );
      t.is(after, before, `${name} changes nothing`);
    }
  });
}

/** What comes of it: own things are there for their owner only, the staff's operations for their roles only. */
function expected(name: string, access: unknown, roles: readonly Role[]): 'done' | 401 | 403 | 404 {
  if (name === 'guest') return 401;
  if (Array.isArray(access)) return roles.some((role) => access.includes(role)) ? 'done' : 403;
  return name === 'A' ? 'done' : 404;
}

test('the matrix has every path with an id', (t) => {
  t.deepEqual(withId.map(({ operationId }) => operationId).toSorted(), [
    'deleteAddress',
    'endSession',
    'getAddress',
    'getUser',
    'lockUser',
    'setUserRoles',
    'unlockUser',
    'updateAddress',
  ]);
});

test.serial('no operation on accounts is open to guests but registering and signing in', async (t) => {
  const service = await startUser(t, databases);
  const open = userService.routes.filter(({ declaration }) => declaration.access === 'public');
  t.deepEqual(open.map(({ declaration }) => declaration.operationId).toSorted(), [
    'forgotPassword',
    'getKeySet',
    'login',
    'logout',
    'refresh',
    'register',
    'resendVerification',
    'resetPassword',
    'verifyEmail',
  ]);
  for (const { declaration } of userService.routes.filter((route) => !open.includes(route))) {
    const answer = await service.call(declaration.method, declaration.path.replace('{id}', 'x'));
    t.is(answer.json.code, 'authentication-required', declaration.operationId);
  }
});

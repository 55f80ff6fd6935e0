import test from 'ava';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import {
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

const admin = { id: '01a20792-7531-7b89-86c5-c73c7e30f850' };
const any = { 'if-match': '*' };
const post = (service: UserUnderTest, path: string, body: unknown) =>
  service.call('POST', `/api/v1/auth/${path}`, { body });
const staff = (service: UserUnderTest, method: string, path: string, body?: unknown) =>
  service.call(
    method,
    `/api/v1/users/${path}`,
    as(admin, { headers: any, ...(body === undefined ? {} : { body }) }, ['admin']),
  );

interface Case {
  readonly about: string;
  /** Kind, outcome, and whether somebody else did it, of each row in its order. */
  readonly rows: readonly string[];
  /** What leads there; its rows do not count. */
  readonly before?: (service: UserUnderTest, person: Person) => Promise<unknown>;
  readonly act: (service: UserUnderTest, person: Person, prepared: never) => Promise<unknown>;
}

/** A case whose preparation hands something on. */
function aCase<Prepared>(
  about: string,
  rows: readonly string[],
  before: (service: UserUnderTest, person: Person) => Promise<Prepared>,
  act: (service: UserUnderTest, person: Person, prepared: Prepared) => Promise<unknown>,
): Case {
  return { about, rows, before, act };
}

const nothing = async () => undefined;
const changed = 'another good password';

const cases: readonly Case[] = [
  aCase('a refresh token that comes twice', ['refresh reused'], signIn, async (service, _, { refreshToken }) => {
    expect(await post(service, 'refresh', { refreshToken }), 200);
    expect(await post(service, 'refresh', { refreshToken }), 401);
  }),
  aCase('signing out', ['sign-out succeeded'], signIn, async (service, _, { refreshToken }) =>
    expect(await post(service, 'logout', { refreshToken }), 204),
  ),
  aCase('ending one session', ['end-session succeeded'], signIn, async (service, person) => {
    const [{ id }] = (await service.call('GET', '/api/v1/me/sessions', as(person))).json.items;
    expect(await service.call('DELETE', `/api/v1/me/sessions/${id}`, as(person)), 204);
  }),
  aCase('ending all sessions', ['end-session succeeded'], signIn, async (service, person) =>
    expect(await service.call('DELETE', '/api/v1/me/sessions', as(person)), 204),
  ),
  aCase('ending no session', [], nothing, async (service, person) =>
    expect(await service.call('DELETE', '/api/v1/me/sessions', as(person)), 204),
  ),
  aCase('asking for a link', ['request-reset succeeded', 'request-reset ignored'], nothing, async (service, person) => {
    // The second one comes too soon.
    for (let time = 0; time < 2; time += 1)
      expect(await post(service, 'forgot-password', { email: person.email }), 202);
  }),
  aCase(
    'a password by link',
    ['reset-password succeeded'],
    (service, { email }) => post(service, 'forgot-password', { email }),
    async (service) => {
      const token = tokenOf(service, 'user.password-reset-requested');
      expect(await post(service, 'reset-password', { token, password: changed }), 204);
    },
  ),
  aCase(
    'another password',
    ['change-password failed', 'change-password succeeded'],
    nothing,
    async (service, person) => {
      const change = (currentPassword: string) =>
        service.call('POST', '/api/v1/me/password', as(person, { body: { currentPassword, newPassword: changed } }));
      expect(await change('not this one at all'), 422);
      expect(await change(goodPassword), 204);
    },
  ),
  aCase('a lock', ['lock succeeded by admin', 'unlock succeeded by admin'], nothing, async (service, { id }) => {
    for (const word of ['lock', 'unlock']) expect(await staff(service, 'POST', `${id}/${word}`), 200);
  }),
  aCase('other roles', ['change-roles succeeded by admin'], nothing, async (service, { id }) =>
    expect(await staff(service, 'PUT', `${id}/roles`, { roles: ['customer', 'support'] }), 200),
  ),
  aCase('an export', ['export succeeded'], nothing, async (service, person) =>
    expect(await service.call('GET', '/api/v1/me/export', as(person)), 200),
  ),
  aCase('an erasure', ['erase succeeded from nowhere'], nothing, async (service, person) =>
    expect(await service.call('DELETE', '/api/v1/me', as(person, { headers: any })), 204),
  ),
];

test.serial('everything that concerns the safety of an account leaves its row in the audit trail', async (t) => {
  const service = await startUser(t, databases);
  for (const { about, rows, before = nothing, act } of cases) {
    const person = await aPerson(service);
    const prepared = await before(service, person);
    const [newest] = await service.query('select max(id::text) as id from auth_events');
    await act(service, person, prepared as never); // made by the same case
    const written = await service.query(
      `select user_id as "userId", concat_ws(' ', kind, outcome, case when actor = $2 then 'by admin' else 'by ' || actor end,
         case when address_digest is null then 'from nowhere' end) as what
       from auth_events where id::text > $1 order by id`,
      [newest.id, admin.id],
    );
    t.deepEqual(
      written.map(({ what }) => what),
      rows,
      about,
    );
    t.true(
      written.every(({ userId }) => userId === person.id),
      about,
    );
  }
});

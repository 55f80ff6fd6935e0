import test from 'ava';
import { callAsDescribed } from '#chassis/testing/described-calls.ts';
import type { Answer, CallOptions } from '#chassis/testing/service-under-test.ts';
import { startTestDatabases } from '#chassis/testing/test-database.ts';
import { anAddress, anEmail, aPerson, as, goodPassword, startUser, tokenOf } from './testing/user-under-test.ts';

const databases = await startTestDatabases(new URL('./migrations/', import.meta.url));
test.after.always(() => databases.close());

test('every operation answers as the served description says, in success and refusal', async (t) => {
  const service = await startUser(t, databases);
  const described = await callAsDescribed(t, service);
  const call = async (id: string, options: CallOptions = {}, target = '', query = ''): Promise<Answer> => {
    const answer = await described.call(id, { id: target, query }, options);
    for (const secret of ['argon2', 'passwordHash', 'tokenHash', 'password_hash'])
      t.false(answer.text.includes(secret));
    return answer;
  };
  const any = { 'if-match': '*' };
  const person = await aPerson(service);
  const admin = (options: CallOptions = {}) => as({ id: '01a20792-7531-7b89-86c5-c73c7e30f850' }, options, ['admin']);
  const me = (options: CallOptions = {}) => as(person, options);
  const nobody = '01a20792-7531-7b89-86c5-c73c7e30f851';

  await call('register', { body: { email: anEmail(), password: goodPassword } });
  await call('register', { body: { email: 'nonsense', password: 'short' } });
  await call('verifyEmail', { body: { token: tokenOf(service, 'user.verification-requested') } });
  await call('verifyEmail', { body: { token: 'x'.repeat(43) } });
  await call('resendVerification', { body: { email: person.email } });
  const tokens = await call('login', { body: { email: person.email, password: person.password } });
  await call('login', { body: { email: person.email, password: 'wrong one' } });
  const next = await call('refresh', { body: { refreshToken: tokens.json.refreshToken } });
  await call('refresh', { body: { refreshToken: tokens.json.refreshToken } });
  await call('logout', { body: { refreshToken: next.json.refreshToken } });
  await call('forgotPassword', { body: { email: person.email } });
  const token = tokenOf(service, 'user.password-reset-requested');
  await call('resetPassword', { body: { token, password: 'another good one' } });
  await call('resetPassword', { body: { token, password: 'another good one' } });
  await call('getKeySet');
  await call('listEndedSessions', as({ id: 'gateway' }, {}, ['service']));
  await call('listEndedSessions', admin());
  await call('listEndedSessions', as({ id: 'gateway' }, {}, ['service']), '', '?after=nonsense');

  await call('getMe', me());
  await call('getMe');
  await call('getMe', admin());
  await call('updateMe', me({ body: { givenName: 'B' }, headers: any }));
  await call('updateMe', me({ body: { givenName: 'B' } }));
  await call('updateMe', me({ body: { givenName: 'B' }, headers: { 'if-match': '"v9"' } }));
  await call('exportMe', me());
  const change = { currentPassword: 'another good one', newPassword: goodPassword };
  await call('changePassword', me({ body: { ...change, currentPassword: 'wrong one' } }));
  await call('changePassword', me({ body: change }));
  await call('login', { body: { email: person.email, password: goodPassword } });
  const sessions = await call('listSessions', me());
  await call('endSession', me(), sessions.json.items[0].id);
  await call('endSession', me(), nobody);
  await call('endSessions', me());

  const address = await call('createAddress', me({ body: anAddress() }));
  await call('createAddress', me({ body: {} }));
  await call('listAddresses', me());
  await call('getAddress', me(), address.json.id);
  await call('getAddress', me(), nobody);
  await call('updateAddress', me({ body: { city: 'Wien' }, headers: any }), address.json.id);
  await call('deleteAddress', me({ headers: any }), address.json.id);
  await call('deleteAddress', me({ headers: any }), address.json.id);

  await call('listUsers', admin());
  await call('listUsers', me());
  await call('listUsers', admin(), '', '?limit=0');
  await call('getUser', admin(), person.id);
  await call('getUser', admin(), nobody);
  await call('setUserRoles', admin({ body: { roles: ['support'] }, headers: any }), person.id);
  await call('lockUser', admin(), person.id);
  await call('login', { body: { email: person.email, password: goodPassword } });
  await call('unlockUser', admin(), person.id);
  await call('unlockUser', as(person, {}, ['admin']), person.id);
  await call('deleteMe', me({ headers: any }));
  await call('deleteMe', me({ headers: any }));

  described.assertAllWork();
});

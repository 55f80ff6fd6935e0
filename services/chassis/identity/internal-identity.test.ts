import test from 'ava';
import { jwtVerify, SignJWT } from 'jose';
import { fixed } from '../config/live.ts';
import {
  createIdentityMinter,
  createIdentityVerifier,
  mintInternalIdentity,
  verifyInternalIdentity,
} from './internal-identity.ts';

const key = 'k'.repeat(32);
const other = 'o'.repeat(32);
const identity = { subject: 'user-1', roles: ['customer', 'admin'] } as const;
const now = 1_700_000_000_000;

test('a minted token gives the identity back until it expires', (t) => {
  const token = mintInternalIdentity(identity, [key], now);
  t.deepEqual(verifyInternalIdentity(token, [key], now + 59_000), identity);
  t.is(verifyInternalIdentity(token, [key], now + 66_000), undefined);
  t.is(verifyInternalIdentity(token, [key], now - 60_000), undefined);
});

test('an ordinary JSON Web Token library reads it', async (t) => {
  const token = mintInternalIdentity(identity, [key], now);
  const { payload } = await jwtVerify(token, Buffer.from(key), { currentDate: new Date(now), algorithms: ['HS256'] });
  t.is(payload.sub, 'user-1');
});

test('while the key is changed both keys verify and the first signs', (t) => {
  const token = mintInternalIdentity(identity, [other, key], now);
  t.deepEqual(verifyInternalIdentity(token, [other], now), identity);
  t.deepEqual(verifyInternalIdentity(token, [key, other], now), identity);
  t.is(verifyInternalIdentity(token, [key], now), undefined);
});

test('a changed, foreign or unsigned token is refused', async (t) => {
  const token = mintInternalIdentity(identity, [key], now);
  const [head = '', payload = '', signature = ''] = token.split('.');
  const forged = Buffer.from(
    JSON.stringify({ sub: 'x', roles: ['admin'], iat: now / 1000, exp: now / 1000 + 60 }),
  ).toString('base64url');
  const none = Buffer.from('{"alg":"none"}').toString('base64url');
  const hs512 = await new SignJWT({ roles: [] })
    .setProtectedHeader({ alg: 'HS512' })
    .setSubject('x')
    .sign(Buffer.from(key.repeat(2)));
  for (const bad of [
    `${head}.${forged}.${signature}`,
    `${none}.${payload}.`,
    `${head}.${payload}.`,
    hs512,
    '',
    '.',
    'a.b.c',
    `${token}x`,
  ]) {
    t.is(verifyInternalIdentity(bad, [key], now), undefined, bad);
  }
});

test('a role that this release does not know is left out', (t) => {
  const token = mintInternalIdentity({ subject: 'u', roles: ['admin', 'astronaut' as 'admin'] }, [key], now); // a newer gateway
  t.deepEqual(verifyInternalIdentity(token, [key], now)?.roles, ['admin']);
});

test('a token is used again for ten seconds, for the same identity only', (t) => {
  const mint = createIdentityMinter(fixed([key]));
  const first = mint(identity, now);
  t.is(mint(identity, now + 9_999), first);
  t.not(mint(identity, now + 10_000), first);
  t.deepEqual(verifyInternalIdentity(mint({ ...identity, subject: 'user-2' }, now), [key], now)?.subject, 'user-2');
  // At its last use it is valid for longer than any request takes.
  t.deepEqual(verifyInternalIdentity(first, [key], now + 9_999 + 50_000), identity);
});

test('a clock that is set back mints anew', (t) => {
  const mint = createIdentityMinter(fixed([key]));
  mint(identity, now);
  const earlier = now - 3_600_000;
  t.deepEqual(verifyInternalIdentity(mint(identity, earlier), [key], earlier), identity);
});

test('a token that was verified expires all the same, and none is taken for another', (t) => {
  const verify = createIdentityVerifier(fixed([key]));
  const token = mintInternalIdentity(identity, [key], now);
  const [head = '', , signature = ''] = token.split('.');
  t.deepEqual(verify(token, now), identity);
  t.is(verify(token, now), verify(token, now + 1000));
  const payload = Buffer.from('{"sub":"x","roles":["admin"],"iat":0,"exp":9999999999}').toString('base64url');
  t.is(verify(`${head}.${payload}.${signature}`, now), undefined);
  t.is(verify(token, now + 66_000), undefined);
  for (let index = 0; index < 2000; index += 1)
    t.is(verify(mintInternalIdentity({ ...identity, subject: `u${index}` }, [key], now), now)?.subject, `u${index}`);
});

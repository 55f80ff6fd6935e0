import test from 'ava';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { ProblemError } from '#chassis/problem.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createVerificationKeys } from './verification-keys.ts';

const now = 1_700_000_000_000;
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const foreign = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' };
const keysOf = (...keys: readonly unknown[]) =>
  createVerificationKeys({
    configured: { keys: keys as never },
    load: undefined,
    now: () => now,
    onKeyGone: () => undefined,
  }); // public keys in their JSON form
const nothing = { has: () => false };
const rules = { keys: keysOf(jwk), ended: nothing, issuer: 'ecommerce-stack', audience: 'shop', now: () => now };

interface Claims {
  readonly roles?: unknown;
  readonly issuer?: string;
  readonly audience?: string;
  readonly expires?: number;
  readonly key?: CryptoKey;
  readonly kid?: string;
  readonly session?: string;
}

function aToken(claims: Claims = {}): Promise<string> {
  return new SignJWT({ roles: claims.roles ?? ['customer'], ...(claims.session && { sid: claims.session }) })
    .setProtectedHeader({ alg: 'RS256', kid: claims.kid ?? 'one' })
    .setSubject('user-1')
    .setIssuer(claims.issuer ?? 'ecommerce-stack')
    .setAudience(claims.audience ?? 'shop')
    .setExpirationTime(claims.expires ?? now / 1000 + 600)
    .sign(claims.key ?? privateKey);
}

test('a valid token gives subject and known roles', async (t) => {
  const identity = await createAccessTokens(rules).verify(await aToken({ roles: ['admin', 'wizard', 7] }));
  t.deepEqual(identity, { subject: 'user-1', roles: ['admin'] });
});

test('expired, foreign, misdirected and malformed tokens are refused', async (t) => {
  const tokens = createAccessTokens(rules);
  const hmac = await new SignJWT({})
    .setProtectedHeader({ alg: 'HS256', kid: 'one' })
    .setSubject('x')
    .sign(Buffer.from(jwk.n ?? ''));
  const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"sub":"x"}').toString('base64url')}.`;
  const bad = [
    await aToken({ expires: now / 1000 - 31 }),
    await aToken({ key: foreign.privateKey }),
    await aToken({ kid: 'two' }),
    await aToken({ issuer: 'elsewhere' }),
    await aToken({ audience: 'another' }),
    hmac,
    none,
    '',
    'a.b.c',
    'x'.repeat(5000),
  ];
  for (const token of bad) {
    const error = await t.throwsAsync(tokens.verify(token), { instanceOf: ProblemError }, token.slice(0, 80));
    t.is(error?.code, 'invalid-token');
  }
});

test('while the key is changed tokens of both keys are valid, with and without a key id', async (t) => {
  const second = await generateKeyPair('RS256', { extractable: true });
  const secondJwk = { ...(await exportJWK(second.publicKey)), kid: 'second' };
  const tokens = createAccessTokens({ ...rules, keys: keysOf(jwk, secondJwk) });
  const anonymous = new SignJWT({ roles: [] }).setProtectedHeader({ alg: 'RS256' }).setSubject('user-2');
  anonymous
    .setIssuer('ecommerce-stack')
    .setAudience('shop')
    .setExpirationTime(now / 1000 + 60);
  for (const token of [
    await aToken(),
    await aToken({ key: second.privateKey, kid: 'second' }),
    await anonymous.sign(second.privateKey),
  ]) {
    await t.notThrowsAsync(tokens.verify(token));
  }
});

test('a remembered token is refused once it has expired', async (t) => {
  let time = now;
  const tokens = createAccessTokens({ ...rules, now: () => time });
  const token = await aToken();
  await tokens.verify(token);
  time += 629_000;
  await t.notThrowsAsync(tokens.verify(token));
  time += 2000;
  await t.throwsAsync(tokens.verify(token), { message: /expired/ });
});

test('without keys every token is refused', async (t) => {
  const tokens = createAccessTokens({ ...rules, keys: keysOf() });
  await t.throwsAsync(tokens.verify(await aToken()), { instanceOf: ProblemError, message: /not one of this shop/ });
});

test('a token is refused from the moment its session has ended, remembered or not, and others are not', async (t) => {
  const ended = new Set<string>();
  const tokens = createAccessTokens({ ...rules, ended });
  const [one, other, without] = [await aToken({ session: 'a' }), await aToken({ session: 'b' }), await aToken()];
  for (const token of [one, other, without]) await tokens.verify(token);
  ended.add('a');
  await t.throwsAsync(tokens.verify(one), { instanceOf: ProblemError, message: /session .* has ended/ });
  await t.throwsAsync(createAccessTokens({ ...rules, ended }).verify(one), { message: /has ended/ });
  for (const token of [other, without]) await t.notThrowsAsync(tokens.verify(token));
});

test('a signature is verified once; the tokens that were used last are remembered', async (t) => {
  let verified = 0;
  const keys = {
    ...rules.keys,
    candidates: (kid: string | undefined) => {
      verified += 1;
      return rules.keys.candidates(kid);
    },
  };
  const tokens = createAccessTokens({ ...rules, keys, maximumRemembered: 2 });
  const [a, b, c] = [await aToken({ session: 'a' }), await aToken({ session: 'b' }), await aToken({ session: 'c' })];
  for (const token of [a, b, a, c, a]) await tokens.verify(token);
  t.is(verified, 3);
  await tokens.verify(b);
  t.is(verified, 4, 'b was used longest ago');
  tokens.forget();
  await tokens.verify(b);
  t.is(verified, 5);
  const times = [];
  for (let index = 0; index < 20_000; index += 1) {
    // As it comes from a socket: a string that nobody has hashed yet.
    const fresh = Buffer.from(b, 'latin1').toString('latin1');
    const begun = process.hrtime.bigint();
    await tokens.verify(fresh);
    times.push(Number(process.hrtime.bigint() - begun) / 1000);
  }
  t.is(verified, 5);
  t.log(`a remembered token: ${times.toSorted((x, y) => x - y)[10_000]?.toFixed(1)} µs in the middle`);
});

import test from 'ava';
import { errors, exportJWK, exportSPKI, generateKeyPair, importJWK, type JWTHeaderParameters, SignJWT } from 'jose';
import { fixed } from '#chassis/config/live.ts';
import { ProblemError } from '#chassis/problem.ts';
import { createAccessTokens } from './access-tokens.ts';
import { createVerificationKeys } from './verification-keys.ts';

const now = 1_700_000_000_000;
const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const foreign = await generateKeyPair('RS256');
const jwk = { ...(await exportJWK(publicKey)), kid: 'one', alg: 'RS256' };
const keysOf = (...keys: readonly unknown[]) =>
  createVerificationKeys({
    configured: fixed({ keys: keys as never }),
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
  readonly key?: CryptoKey | Uint8Array;
  readonly kid?: string;
  readonly session?: string;
  /** In place of what the user service writes. */
  readonly header?: Partial<JWTHeaderParameters>;
}

function aToken(claims: Claims = {}): Promise<string> {
  return new SignJWT({ roles: claims.roles ?? ['customer'], ...(claims.session && { sid: claims.session }) })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: claims.kid ?? 'one', ...claims.header })
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
  const bad = [
    await aToken({ expires: now / 1000 - 31 }),
    await aToken({ key: foreign.privateKey }),
    await aToken({ kid: 'two' }),
    await aToken({ issuer: 'elsewhere' }),
    await aToken({ audience: 'another' }),
    '',
    'a.b.c',
    'x'.repeat(5000),
  ];
  for (const token of bad) {
    const error = await t.throwsAsync(tokens.verify(token), { instanceOf: ProblemError }, token.slice(0, 80));
    t.is(error?.code, 'invalid-token');
  }
});

/** With an empty signature, as `alg: none` has it. */
function unsigned(token: string): string {
  const [, payload = ''] = token.split('.');
  const header = Buffer.from(JSON.stringify({ alg: 'none', typ: 'at+jwt', kid: 'one' })).toString('base64url');
  return `${header}.${payload}.`;
}

test('a token that is right but for its algorithm is refused for that', async (t) => {
  const tokens = createAccessTokens(rules);
  // What everybody has: to who confuses algorithms it is a secret.
  const published = Buffer.from(await exportSPKI(publicKey));
  const hmacs = ['HS256', 'HS384', 'HS512'].map((alg) => aToken({ key: published, header: { alg } }));
  const bySameKey = { alg: 'PS256', ...(await exportJWK(privateKey)) };
  const pss = await importJWK(bySameKey, 'PS256');
  const all = [
    ...(await Promise.all(hmacs)),
    await aToken({ key: pss, header: { alg: 'PS256' } }),
    unsigned(await aToken()),
  ];
  for (const token of all) {
    const error = await t.throwsAsync(tokens.verify(token), { instanceOf: ProblemError });
    t.true(error?.cause instanceof errors.JOSEAlgNotAllowed, `${error?.cause}`);
    t.is(error?.message, 'the token is not one of this shop');
  }
  await t.notThrowsAsync(tokens.verify(await aToken()));
});

test('a key that a token brings along is not looked at', async (t) => {
  const jwk = await exportJWK(foreign.publicKey);
  for (const header of [{ jwk }, { jku: 'https://attacker.example/keys.json' }, { x5c: ['MIIB'] }]) {
    const token = await aToken({ key: foreign.privateKey, header });
    const error = await t.throwsAsync(createAccessTokens(rules).verify(token), { instanceOf: ProblemError });
    t.true(error?.cause instanceof errors.JWSSignatureVerificationFailed);
  }
});

test('only what says that it is an access token, and which key has signed it, is one', async (t) => {
  const tokens = createAccessTokens(rules);
  const refusalOf = async (header: object): Promise<string | undefined> =>
    (await t.throwsAsync(tokens.verify(await aToken({ header })), { instanceOf: ProblemError }))?.message;
  for (const typ of [undefined, 'JWT', 'id+jwt', 'at'])
    t.is(await refusalOf({ typ }), 'the claim typ is not what this shop accepts', typ);
  for (const kid of [undefined, 7, null])
    t.is(await refusalOf({ kid }), 'the token does not name its key', String(kid));
  for (const kid of ['two', '', 'one ']) t.is(await refusalOf({ kid }), 'the token is not one of this shop', kid);
});

test('a token of more than two kibibytes is refused before it is read', async (t) => {
  let asked = 0;
  const keys = {
    ...rules.keys,
    candidates: (kid: string) => {
      asked += 1;
      return rules.keys.candidates(kid);
    },
  };
  const tokens = createAccessTokens({ ...rules, keys });
  const long = await aToken({ session: 'x'.repeat(1500) });
  await t.throwsAsync(tokens.verify(long), { message: 'a token has at most 2048 characters' });
  t.is(asked, 0);
  const fits = await aToken({ session: 'x'.repeat(1000) });
  t.true(fits.length <= 2048);
  await t.notThrowsAsync(tokens.verify(fits));
});

test('while the key is changed tokens of both keys are valid', async (t) => {
  const second = await generateKeyPair('RS256', { extractable: true });
  const secondJwk = { ...(await exportJWK(second.publicKey)), kid: 'second' };
  const tokens = createAccessTokens({ ...rules, keys: keysOf(jwk, secondJwk) });
  for (const token of [await aToken(), await aToken({ key: second.privateKey, kid: 'second' })])
    await t.notThrowsAsync(tokens.verify(token));
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
    candidates: (kid: string) => {
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

/** Verifies access tokens once, and remembers the result until they expire. */
import { createHash } from 'node:crypto';
import {
  createLocalJWKSet,
  errors,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { ProblemError } from '#chassis/problem.ts';
import { type Identity, isRole } from '#contracts/identity.ts';
import type { PublicKeySet } from '../settings.ts';

export interface AccessTokens {
  /** The identity in a valid token; throws `invalid-token` otherwise. */
  verify(token: string): Promise<Identity>;
}

export interface AccessTokenRules {
  /** Absent: no token is valid. */
  readonly jwks: PublicKeySet | undefined;
  readonly issuer: string;
  readonly audience: string;
  readonly now: () => number;
}

/** Clocks of two machines may differ by this much. */
const clockToleranceSeconds = 30;
/** Our tokens have some hundred bytes; a longer one is not ours. */
const maximumTokenLength = 4096;
/** Verified tokens remembered: a signature costs some 60 µs, a look into this some 3. */
const maximumRemembered = 10_000;

interface Remembered {
  readonly identity: Identity;
  readonly expiresMs: number;
}

/** RS256 only, with the keys of one set; issuer, audience, expiry and subject are required. */
export function createAccessTokens(rules: AccessTokenRules): AccessTokens {
  const keys = rules.jwks?.keys.map(({ n, e, kid }) =>
    createLocalJWKSet({ keys: [{ kty: 'RSA', alg: 'RS256', n, e, ...(kid === undefined ? {} : { kid }) }] }),
  );
  const remembered = new Map<string, Remembered>();

  const verifySignature = async (token: string): Promise<Remembered> => {
    if (keys === undefined) throw new ProblemError('invalid-token', 'this shop has no keys to verify tokens with');
    const { payload } = await verifyWithOne(token, keys, {
      algorithms: ['RS256'],
      issuer: rules.issuer,
      audience: rules.audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(rules.now()),
    });
    const roles = Array.isArray(payload['roles']) ? payload['roles'].filter(isRole) : [];
    return {
      identity: { subject: payload.sub ?? '', roles },
      expiresMs: ((payload.exp ?? 0) + clockToleranceSeconds) * 1000,
    };
  };

  return {
    verify: async (token) => {
      if (token.length > maximumTokenLength)
        throw new ProblemError('invalid-token', `a token has at most ${maximumTokenLength} characters`);
      // The digest is the key: tokens themselves are not kept.
      const digest = createHash('sha256').update(token).digest('base64url');
      const known = remembered.get(digest);
      if (known !== undefined && known.expiresMs > rules.now()) return known.identity;
      const verified = await verifySignature(token).catch(refuse);
      remember(remembered, digest, verified);
      return verified.identity;
    },
  };
}

/** A token without a key id is tried with each key: there are two at most, while the key is being changed. */
async function verifyWithOne(
  token: string,
  keys: readonly JWTVerifyGetKey[],
  options: JWTVerifyOptions,
): Promise<JWTVerifyResult> {
  let failure: unknown = new errors.JWKSNoMatchingKey();
  for (const key of keys) {
    try {
      return await jwtVerify(token, key, options);
    } catch (error) {
      if (!isOtherKey(error)) throw error;
      failure = error;
    }
  }
  throw failure;
}

function isOtherKey(error: unknown): boolean {
  return error instanceof errors.JWKSNoMatchingKey || error instanceof errors.JWSSignatureVerificationFailed;
}

/** First in, first out: a token lives minutes, so order of arrival is nearly order of expiry. */
function remember(remembered: Map<string, Remembered>, digest: string, verified: Remembered): void {
  remembered.set(digest, verified);
  if (remembered.size <= maximumRemembered) return;
  const [oldest = digest] = remembered.keys();
  remembered.delete(oldest);
}

function refuse(error: unknown): never {
  if (error instanceof errors.JOSEError) {
    throw new ProblemError('invalid-token', explain(error), {
      cause: error,
      headers: { 'www-authenticate': 'Bearer error="invalid_token"' },
    });
  }
  throw error;
}

function explain(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `the claim ${error.claim} is not what this shop accepts`;
  return 'the token is not one of this shop';
}

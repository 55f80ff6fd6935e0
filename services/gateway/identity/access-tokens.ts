/** Verifies access tokens once, and remembers the result until they expire. */
import { hash } from 'node:crypto';
import {
  decodeProtectedHeader,
  errors,
  type JWTVerifyGetKey,
  type JWTVerifyOptions,
  type JWTVerifyResult,
  jwtVerify,
} from 'jose';
import { ProblemError } from '#chassis/problem.ts';
import { type Identity, isRole } from '#contracts/identity.ts';
import type { EndedSessionList } from './ended-sessions.ts';
import type { VerificationKeys } from './verification-keys.ts';

export interface AccessTokens {
  /** The identity in a valid token; throws `invalid-token` otherwise. */
  verify(token: string): Promise<Identity>;
  /** Forgets what was verified: each token is verified anew. */
  forget(): void;
}

export interface AccessTokenRules {
  readonly keys: Pick<VerificationKeys, 'candidates' | 'renewForUnknown'>;
  readonly ended: Pick<EndedSessionList, 'has'>;
  readonly issuer: string;
  readonly audience: string;
  readonly now: () => number;
  /** Tokens remembered at most. */
  readonly maximumRemembered?: number;
}

/** Clocks of two machines may differ by this much. */
const clockToleranceSeconds = 30;
/** Our tokens have some hundred bytes; a longer one is not ours. */
const maximumTokenLength = 4096;
/** Verified tokens remembered: a signature costs some 60 µs, a look into this some 2. */
const usuallyRemembered = 10_000;

interface Remembered {
  readonly identity: Identity;
  /** `sid`; tokens of the staff's tools have none. */
  readonly sessionId: string | undefined;
  readonly expiresMs: number;
}

/** RS256 only; issuer, audience, expiry and subject are required, and the session must not have ended. */
export function createAccessTokens(rules: AccessTokenRules): AccessTokens {
  const { maximumRemembered = usuallyRemembered } = rules;
  const remembered = new Map<string, Remembered>();

  const verifySignature = async (token: string): Promise<Remembered> => {
    const { payload } = await verifyWithOne(token, await findKeys(rules.keys, token), {
      algorithms: ['RS256'],
      issuer: rules.issuer,
      audience: rules.audience,
      clockTolerance: clockToleranceSeconds,
      requiredClaims: ['sub', 'exp'],
      currentDate: new Date(rules.now()),
    });
    const roles = Array.isArray(payload['roles']) ? payload['roles'].filter(isRole) : [];
    const { sid } = payload;
    return {
      identity: { subject: payload.sub ?? '', roles },
      sessionId: typeof sid === 'string' ? sid : undefined,
      expiresMs: ((payload.exp ?? 0) + clockToleranceSeconds) * 1000,
    };
  };

  return {
    verify: async (token) => {
      if (token.length > maximumTokenLength)
        throw new ProblemError('invalid-token', `a token has at most ${maximumTokenLength} characters`);
      // The digest is the key: tokens themselves are not kept.
      const digest = hash('sha256', token, 'base64url');
      const known = remembered.get(digest);
      const isKnown = known !== undefined && known.expiresMs > rules.now();
      const verified = isKnown ? known : await verifySignature(token).catch(refuse);
      remembered.delete(digest);
      remembered.set(digest, verified);
      forgetOldest(remembered, maximumRemembered);
      if (verified.sessionId !== undefined && rules.ended.has(verified.sessionId))
        throw refusal('the session of the token has ended');
      return verified.identity;
    },
    forget: () => remembered.clear(),
  };
}

/** Keys that the token may be signed with. One that nobody knows may be new: the user service is asked once. */
async function findKeys(keys: AccessTokenRules['keys'], token: string): Promise<readonly JWTVerifyGetKey[]> {
  const { kid } = decodeProtectedHeader(token);
  const candidates = keys.candidates(kid);
  if (candidates.length > 0) return candidates;
  await keys.renewForUnknown();
  return keys.candidates(kid);
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

/** The one that was used longest ago. */
function forgetOldest(remembered: Map<string, Remembered>, maximum: number): void {
  if (remembered.size <= maximum) return;
  const [oldest = ''] = remembered.keys();
  remembered.delete(oldest);
}

function refuse(error: unknown): never {
  if (error instanceof errors.JOSEError) throw refusal(explain(error), error);
  // What is no JSON Web Token at all.
  if (error instanceof TypeError) throw refusal('the token is not one of this shop', error);
  throw error;
}

function refusal(detail: string, cause?: Error): ProblemError {
  const headers = { 'www-authenticate': 'Bearer error="invalid_token"' };
  return new ProblemError('invalid-token', detail, { headers, ...(cause === undefined ? {} : { cause }) });
}

function explain(error: errors.JOSEError): string {
  if (error instanceof errors.JWTExpired) return 'the token has expired';
  if (error instanceof errors.JWTClaimValidationFailed) return `the claim ${error.claim} is not what this shop accepts`;
  return 'the token is not one of this shop';
}

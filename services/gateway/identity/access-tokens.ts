/** Verifies access tokens once, and remembers the result until they expire. */
import { hash } from 'node:crypto';
import { decodeProtectedHeader, errors, type JWTVerifyGetKey, jwtVerify } from 'jose';
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
/** Ours have some 800 bytes; a longer one is not ours. */
const maximumTokenLength = 2048;
/** RFC 9068: no other token that was signed with the same key can be taken for an access token. */
const tokenType = 'at+jwt';
/** Verified tokens remembered: a signature costs some 60 µs, a look into this some 2. */
const usuallyRemembered = 10_000;

interface Remembered {
  readonly identity: Identity;
  /** `sid`; tokens of the staff's tools have none. */
  readonly sessionId: string | undefined;
  readonly expiresMs: number;
}

/** RS256 only; type, key id, issuer, audience, expiry and subject are required, and the session must not have ended. */
export function createAccessTokens(rules: AccessTokenRules): AccessTokens {
  const { maximumRemembered = usuallyRemembered } = rules;
  const remembered = new Map<string, Remembered>();

  const verifySignature = async (token: string): Promise<Remembered> => {
    const { payload } = await jwtVerify(token, await findKey(rules.keys, token), {
      algorithms: ['RS256'],
      typ: tokenType,
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

/** The key that the token names. One that nobody knows may be new: the user service is asked once. */
async function findKey(keys: AccessTokenRules['keys'], token: string): Promise<JWTVerifyGetKey> {
  const { kid }: { readonly kid?: unknown } = decodeProtectedHeader(token);
  if (typeof kid !== 'string') throw refusal('the token does not name its key');
  const [known] = keys.candidates(kid);
  if (known !== undefined) return known;
  await keys.renewForUnknown();
  const [learned] = keys.candidates(kid);
  if (learned === undefined) throw new errors.JWKSNoMatchingKey();
  return learned;
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

/** Signs access tokens: RS256 with a key id, as the gateway verifies them. */
import { randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';
import type { Role } from '#contracts/identity.ts';
import { scopeOf } from '../domain/scopes.ts';
import type { KeyRing } from './key-ring.ts';

export interface AccessTokenRules {
  readonly issuer: string;
  readonly audience: string;
  readonly lifetimeSeconds: number;
}

export interface AccessTokenSubject {
  readonly userId: string;
  readonly sessionId: string;
  readonly roles: readonly Role[];
  /** How the person proved who it is (`amr`, RFC 8176). */
  readonly methods: readonly string[];
}

export interface AccessTokenIssuer {
  readonly lifetimeSeconds: number;
  issue(subject: AccessTokenSubject): Promise<string>;
}

export function createAccessTokenIssuer(keys: KeyRing, rules: AccessTokenRules): AccessTokenIssuer {
  return {
    lifetimeSeconds: rules.lifetimeSeconds,
    issue: async ({ userId, sessionId, roles, methods }) => {
      const { privateKey, publicKey } = await keys.signer();
      const issuedAt = Math.floor(Date.now() / 1000);
      return new SignJWT({ roles, scope: scopeOf(roles), sid: sessionId, amr: methods })
        .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: publicKey.kid })
        .setIssuer(rules.issuer)
        .setAudience(rules.audience)
        .setSubject(userId)
        .setJti(randomUUID())
        .setIssuedAt(issuedAt)
        .setExpirationTime(issuedAt + rules.lifetimeSeconds)
        .sign(privateKey);
    },
  };
}

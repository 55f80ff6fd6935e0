/** How the keys of access tokens are named: who signs and who verifies must say the same. */
import { createHash } from 'node:crypto';

/** The public half of an RS256 key as RFC 7517 writes it. */
export interface PublicSigningKey {
  readonly kty: 'RSA';
  readonly use: 'sig';
  readonly alg: 'RS256';
  readonly kid: string;
  readonly n: string;
  readonly e: string;
}

/** The public key with its id, which follows from the key itself: the same key has the same id everywhere. */
export function describeSigningKey({ n, e }: { readonly n: string; readonly e: string }): PublicSigningKey {
  const kid = createHash('sha256').update(`${e}.${n}`).digest('base64url').slice(0, 16);
  return { kty: 'RSA', use: 'sig', alg: 'RS256', kid, n, e };
}

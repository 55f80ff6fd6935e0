import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { exportJWK, SignJWT } from 'jose';

/** Who signs access tokens in place of the user service, as it would. */
export interface TokenSigner {
  /** Of its public key: `APP_IDENTITY_JWKS` of a gateway. */
  readonly jwks: string;
  /** A token that nobody has seen before. */
  sign(subject: string, sessionId?: string): Promise<string>;
}

/** Makes a key pair. */
export async function createTokenSigner(): Promise<TokenSigner> {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    jwks: JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'bench', alg: 'RS256', use: 'sig' }] }),
    sign: (subject, sessionId) => sign(privateKey, subject, sessionId),
  };
}

let count = 0;

function sign(key: KeyObject, subject: string, sessionId: string | undefined): Promise<string> {
  count += 1;
  return new SignJWT({ roles: ['customer'], ...(sessionId === undefined ? {} : { sid: sessionId }), jti: `${count}` })
    .setProtectedHeader({ alg: 'RS256', typ: 'at+jwt', kid: 'bench' })
    .setSubject(subject)
    .setIssuer('ecommerce-stack')
    .setAudience('shop')
    .setExpirationTime('1h')
    .sign(key);
}

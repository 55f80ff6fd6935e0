import { generateKeyPairSync } from 'node:crypto';

/** A key that access tokens are signed with, in PEM form. */
export function aSigningKey(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
}

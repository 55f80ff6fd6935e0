import { generateKeyPairSync, randomBytes } from 'node:crypto';
import type { Environment } from '#chassis/config/settings.ts';

/** What the user service starts with beside its database: new keys, and accounts that begin without the link of a mail. */
export function userEnvironment(): Environment {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return {
    APP_IDENTITY_SIGNING_KEYS: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    APP_PERSONAL_DATA_KEYS: randomBytes(32).toString('base64url'),
    APP_EMAIL_VERIFICATION: 'off',
  };
}

/** The keys that personal data is sealed with, read from their text. */
import { createSecretKey, hkdfSync, type KeyObject } from 'node:crypto';

export interface PersonalDataKey {
  /** Follows from the key, so that no two keys have one and a key has it everywhere: 6 bytes in hexadecimal. */
  readonly id: string;
  readonly sealing: KeyObject;
  readonly lookup: KeyObject;
}

/** Bytes of an id. */
export const keyIdBytes = 6;
/** The present one and the next or the one before; one more for the unlucky. */
const maximumKeys = 3;
/** 43 characters of base64url are 32 bytes; of letters and digits alone they are as hard to guess (256 bits). */
const keyPattern = /^[A-Za-z0-9_-]{43,128}$/;
/** Of 43 random characters fewer are different once in 10^12 times. */
const fewestCharacters = 16;

/** The keys in their order. Throws with what is wrong; the message never holds a part of a key. */
export function parsePersonalDataKeys(text: string): readonly PersonalDataKey[] {
  const secrets = text.split(',').map((entry) => entry.trim());
  if (secrets.length > maximumKeys) throw new Error(`must hold 1 to ${maximumKeys} keys, separated by commas`);
  for (const [index, secret] of secrets.entries()) assertStrong(secret, `key ${index + 1}`);
  if (new Set(secrets).size !== secrets.length) throw new Error('must hold each key once');
  return secrets.map(derive);
}

function assertStrong(secret: string, name: string): void {
  if (!keyPattern.test(secret))
    throw new Error(`${name} must have 43 to 128 characters of A-Z, a-z, 0-9, - and _ (32 random bytes in base64url)`);
  if (new Set(secret).size < fewestCharacters)
    throw new Error(`${name} must be random: it has fewer than ${fewestCharacters} different characters`);
}

/** One text gives keys for two purposes that have nothing in common (RFC 5869), and a name that tells nothing of them. */
function derive(secret: string): PersonalDataKey {
  const expand = (purpose: string, bytes: number) =>
    Buffer.from(hkdfSync('sha256', secret, '', `personal data of the shop, version 1: ${purpose}`, bytes));
  return {
    id: expand('id', keyIdBytes).toString('hex'),
    sealing: createSecretKey(expand('sealing', 32)),
    lookup: createSecretKey(expand('lookup', 32)),
  };
}

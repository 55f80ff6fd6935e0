/** The private keys of access tokens, read from their PEM text. */
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { describeSigningKey, type PublicSigningKey } from '#contracts/signing-keys.ts';

export interface SigningKey {
  readonly privateKey: KeyObject;
  readonly publicKey: PublicSigningKey;
}

/** RFC 7518 §3.3: smaller ones must not be used with RS256. */
const minimumBits = 2048;
/** The present one and the next or the one before; one more for the unlucky. */
const maximumKeys = 3;

/** The keys in their order. Throws with what is wrong; the message never holds a part of a key. */
export function parseSigningKeys(pem: string): readonly SigningKey[] {
  const blocks = pem.match(/-----BEGIN [A-Z ]+-----[^-]+-----END [A-Z ]+-----/g) ?? [];
  if (blocks.length === 0 || blocks.length > maximumKeys)
    throw new Error(`must hold 1 to ${maximumKeys} private keys in PEM form, one after the other`);
  const keys = blocks.map(parseSigningKey);
  const ids = new Set(keys.map(({ publicKey }) => publicKey.kid));
  if (ids.size !== keys.length) throw new Error('must hold each key once');
  return keys;
}

function parseSigningKey(block: string): SigningKey {
  const privateKey = readPrivateKey(block);
  const isStrong = (privateKey.asymmetricKeyDetails?.modulusLength ?? 0) >= minimumBits;
  if (privateKey.asymmetricKeyType !== 'rsa' || !isStrong)
    throw new Error(`must hold RSA keys of at least ${minimumBits} bits`);
  const { n = '', e = '' } = createPublicKey(privateKey).export({ format: 'jwk' });
  return { privateKey, publicKey: describeSigningKey({ n, e }) };
}

function readPrivateKey(block: string): KeyObject {
  try {
    return createPrivateKey(block);
  } catch {
    throw new Error('must hold private keys without a passphrase');
  }
}

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import {
  derBits,
  derObjectId,
  derOctets,
  derSequence,
  derSet,
  derText,
  derTime,
  derUnsigned,
  encodeDer,
} from './der.ts';

/** Both ends are fixed: the lifetime of such a certificate is that of its key. */
const validity = derSequence(derTime(new Date('2020-01-01T00:00:00Z')), derTime(new Date('2099-12-31T00:00:00Z')));

/** sha256WithRSAEncryption (RFC 8017): the same key and text give the same signature. */
const algorithm = derSequence(derObjectId('1.2.840.113549.1.1.11'), encodeDer(0x05));

/**
 * The certificate of an RSA key, signed by that key itself, as PEM: for members of one cluster that all hold the key and
 * trust nothing else. A pure function of its input, so a builder can render it in every pass.
 */
export function selfSignedCertificate(privateKeyPem: string, commonName: string): string {
  const privateKey = createPrivateKey(privateKeyPem);
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const name = derSequence(derSet(derSequence(derObjectId('2.5.4.3'), derText(commonName))));
  const body = derSequence(
    encodeDer(0xa0, derUnsigned(Buffer.from([2]))), // version 3
    derUnsigned(createHash('sha256').update(publicKey).digest().subarray(0, 16)),
    algorithm,
    name,
    validity,
    name,
    publicKey,
    encodeDer(0xa3, derSequence(keyIdentifier(publicKey))),
  );
  const der = derSequence(body, algorithm, derBits(sign('sha256', body, privateKey)));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** subjectKeyIdentifier of RFC 5280 §4.2.1.2 */
function keyIdentifier(publicKey: Buffer): Buffer {
  const id = createHash('sha1').update(publicKey).digest();
  return derSequence(derObjectId('2.5.29.14'), derOctets(derOctets(id)));
}

import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

/** Tags of ITU-T X.690, for the few elements of a certificate that are not constant. */
const tags = {
  integer: 0x02,
  bits: 0x03,
  octets: 0x04,
  text: 0x0c,
  sequence: 0x30,
  set: 0x31,
  extensions: 0xa3,
} as const;

/** version 3: [0] INTEGER 2 */
const version = Buffer.from('a003020102', 'hex');
/** sha256WithRSAEncryption (RFC 8017): the same key and text give the same signature. */
const algorithm = Buffer.from('300d06092a864886f70d01010b0500', 'hex');
/** From 2000 to 2049: the lifetime of such a certificate is that of its key. */
const validity = element(tags.sequence, utcTime('000101000000Z'), utcTime('491231235959Z'));
const commonNameId = Buffer.from('0603550403', 'hex');
const subjectKeyId = Buffer.from('0603551d0e', 'hex');

/**
 * The certificate of an RSA key, signed by that key itself, as PEM: for members of one cluster that all hold the key and
 * trust nothing else. A pure function of its input, so a builder can render it in every pass.
 */
export function selfSignedCertificate(privateKeyPem: string, commonName: string): string {
  const privateKey = createPrivateKey(privateKeyPem);
  const publicKey = createPublicKey(privateKey).export({ type: 'spki', format: 'der' });
  const name = element(
    tags.sequence,
    element(tags.set, element(tags.sequence, commonNameId, element(tags.text, Buffer.from(commonName)))),
  );
  const body = element(
    tags.sequence,
    version,
    serialNumber(publicKey),
    algorithm,
    name,
    validity,
    name,
    publicKey,
    element(tags.extensions, element(tags.sequence, keyIdentifier(publicKey))),
  );
  const signature = sign('sha256', body, privateKey);
  const der = element(tags.sequence, body, algorithm, element(tags.bits, Buffer.from([0]), signature));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN CERTIFICATE-----\n${lines.join('\n')}\n-----END CERTIFICATE-----\n`;
}

/** Positive and in its shortest form, as decoders demand: the first byte is 0x40…0x7f. */
function serialNumber(publicKey: Buffer): Buffer {
  const digest = createHash('sha256').update(publicKey).digest().subarray(0, 16);
  return element(tags.integer, Buffer.from([((digest[0] ?? 0) & 0x3f) | 0x40]), digest.subarray(1));
}

/** subjectKeyIdentifier of RFC 5280 §4.2.1.2 */
function keyIdentifier(publicKey: Buffer): Buffer {
  const id = element(tags.octets, createHash('sha1').update(publicKey).digest());
  return element(tags.sequence, subjectKeyId, element(tags.octets, id));
}

function utcTime(digits: string): Buffer {
  return element(0x17, Buffer.from(digits, 'latin1'));
}

/** Tag, length, content; nothing here is longer than 64 KiB. */
function element(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  const { length } = body;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...header]), body]);
}

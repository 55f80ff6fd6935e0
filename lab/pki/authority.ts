import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { isIP } from 'node:net';
import {
  derBits,
  derObjectId,
  derOctets,
  derSequence,
  derSet,
  derText,
  derTime,
  derTrue,
  derUnsigned,
  encodeDer,
} from './der.ts';

const dayMs = 86_400_000;
/** A lab is thrown away long before; short enough that no certificate of it is of use to anybody later. */
const validDays = 365;
/** Machines whose clocks differ a little must accept a certificate that was made this minute. */
const backdateMs = 3_600_000;

/** A key and its certificate as PEM text. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Whom a certificate names: `organizations` are the groups of a Kubernetes user. */
export interface CertificateRequest {
  readonly commonName: string;
  readonly organizations?: readonly string[];
  /** DNS names and IP addresses at which a server with this certificate answers. */
  readonly hosts?: readonly string[];
}

/** A certificate authority that lives as long as one cluster; its certificates are valid for a year. */
export interface Authority extends KeyPair {
  issue(request: CertificateRequest): KeyPair;
}

interface Issuer {
  readonly name: Buffer;
  readonly privateKey: KeyObject;
  readonly keyId: Buffer;
}

/** Makes a new authority whose subject is `commonName`, in a few milliseconds and without any program. */
export function createAuthority(commonName: string): Authority {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const issuer = { name: encodeName({ commonName }), privateKey: keys.privateKey, keyId: keyIdOf(keys.publicKey) };
  const extensions = [
    extension('2.5.29.19', derSequence(derTrue()), 'critical'), // basicConstraints: is an authority
    extension('2.5.29.15', derBits(Buffer.from([0x06]), 1), 'critical'), // keyUsage: keyCertSign, cRLSign
  ];
  return {
    certificate: encodeCertificate(issuer, { name: issuer.name, publicKey: keys.publicKey, extensions }),
    key: encodeKey(keys.privateKey),
    issue: (request) => issue(issuer, request),
  };
}

/** A key pair for signing tokens: both halves as PEM text. */
export function createSigningKey(): { readonly privateKey: string; readonly publicKey: string } {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  return {
    privateKey: encodeKey(keys.privateKey),
    publicKey: keys.publicKey.export({ type: 'spki', format: 'pem' }).toString(),
  };
}

function issue(issuer: Issuer, request: CertificateRequest): KeyPair {
  const keys = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const hosts = request.hosts ?? [];
  const extensions = [
    extension('2.5.29.19', derSequence(), 'critical'), // basicConstraints: is no authority
    extension('2.5.29.15', derBits(Buffer.from([0x80]), 7), 'critical'), // keyUsage: digitalSignature
    // extKeyUsage: serverAuth and clientAuth (a kubelet is both)
    extension('2.5.29.37', derSequence(derObjectId('1.3.6.1.5.5.7.3.1'), derObjectId('1.3.6.1.5.5.7.3.2'))),
    ...(hosts.length === 0 ? [] : [extension('2.5.29.17', derSequence(...hosts.map(encodeHost)))]), // subjectAltName
  ];
  return {
    certificate: encodeCertificate(issuer, { name: encodeName(request), publicKey: keys.publicKey, extensions }),
    key: encodeKey(keys.privateKey),
  };
}

interface Subject {
  readonly name: Buffer;
  readonly publicKey: KeyObject;
  readonly extensions: readonly Buffer[];
}

/** RFC 5280 §4.1 */
function encodeCertificate(issuer: Issuer, subject: Subject): string {
  const algorithm = derSequence(derObjectId('1.2.840.10045.4.3.2')); // ecdsa-with-SHA256
  const now = Date.now();
  const body = derSequence(
    encodeDer(0xa0, derUnsigned(Buffer.from([2]))), // version 3
    derUnsigned(randomBytes(16)),
    algorithm,
    issuer.name,
    derSequence(derTime(new Date(now - backdateMs)), derTime(new Date(now + validDays * dayMs))),
    subject.name,
    subject.publicKey.export({ type: 'spki', format: 'der' }),
    encodeDer(0xa3, derSequence(...subject.extensions, ...keyIdentifiers(issuer, subject))),
  );
  const signature = sign('sha256', body, issuer.privateKey);
  return toPem('CERTIFICATE', derSequence(body, algorithm, derBits(signature)));
}

/** Strict verifiers (Python 3.13's default context) refuse certificates without these two. */
function keyIdentifiers(issuer: Issuer, subject: Subject): readonly Buffer[] {
  return [
    extension('2.5.29.14', derOctets(keyIdOf(subject.publicKey))),
    extension('2.5.29.35', derSequence(encodeDer(0x80, issuer.keyId))),
  ];
}

function extension(id: string, value: Buffer, critical?: 'critical'): Buffer {
  return derSequence(derObjectId(id), ...(critical === undefined ? [] : [derTrue()]), derOctets(value));
}

function encodeName({ commonName, organizations = [] }: CertificateRequest): Buffer {
  const attribute = (id: string, text: string) => derSet(derSequence(derObjectId(id), derText(text)));
  return derSequence(...organizations.map((name) => attribute('2.5.4.10', name)), attribute('2.5.4.3', commonName));
}

function encodeHost(host: string): Buffer {
  switch (isIP(host)) {
    case 4:
      return encodeDer(0x87, Buffer.from(host.split('.').map(Number)));
    case 6:
      throw new RangeError(`certificate host ${host}: only IPv4 addresses and DNS names are supported`);
    default:
      return encodeDer(0x82, Buffer.from(host, 'latin1'));
  }
}

function keyIdOf(publicKey: KeyObject): Buffer {
  return createHash('sha1')
    .update(publicKey.export({ type: 'spki', format: 'der' }))
    .digest();
}

function encodeKey(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function toPem(label: string, der: Buffer): string {
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join('\n')}\n-----END ${label}-----\n`;
}

/** Personal data at rest: sealed with AES-256-GCM, and found again by keyed digests. Why so: docs/adr/0023-personal-data.md. */
import { createCipheriv, createDecipheriv, createHmac, type KeyObject, randomBytes } from 'node:crypto';
import { keyIdBytes, type PersonalDataKey } from './personal-data-keys.ts';

export interface PersonalData {
  /** Of all keys, in hexadecimal; the first one seals. */
  readonly keyIds: readonly [string, ...string[]];
  /** Seals a text for one place, such as a row: it can be opened only there. */
  seal(place: string, text: string): Buffer;
  /** Throws `UnsealableError`. */
  open(place: string, sealed: Buffer): string;
  /** What a value is stored as to be found by. */
  lookup(value: string): string;
  /** All that it may be stored as: under each of the keys, the first one first. */
  lookups(value: string): readonly string[];
}

/** Under keys that may be replaced while the process runs. */
export interface ReplaceableKeys extends PersonalData {
  /** From now on `other` seals and opens. */
  replace(other: PersonalData): void;
}

/** A sealed value that cannot be opened. */
export class UnsealableError extends Error {
  override readonly name = 'UnsealableError';
  /** `altered`: it was changed, or belongs to another place. */
  readonly reason: 'unknown-key' | 'altered';
  constructor(reason: 'unknown-key' | 'altered', message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}

/** The size that NIST SP 800-38D §8.2.2 gives random ones; a key may then seal 2^32 values, and a shop never comes near. */
const nonceBytes = 12;
const tagBytes = 16;
const headerBytes = keyIdBytes + nonceBytes + tagBytes;

/** Works with at least one key. A sealed value is the key's id, the nonce, the tag and the ciphertext. */
export function createPersonalData(keys: readonly PersonalDataKey[]): PersonalData {
  const [first] = keys;
  if (first === undefined) throw new Error('there is no key to seal personal data with');
  const byId = new Map(keys.map((key) => [key.id, key]));
  return {
    keyIds: [first.id, ...keys.slice(1).map(({ id }) => id)],
    seal: (place, text) => seal(first, place, text),
    open: (place, sealed) => {
      const id = keyIdOf(sealed);
      const key = byId.get(id);
      if (key === undefined)
        throw new UnsealableError('unknown-key', `${place} is sealed with key ${id}, which this service was not given`);
      return open(key, place, sealed);
    },
    lookup: (value) => digest(first.lookup, value),
    lookups: (value) => keys.map(({ lookup }) => digest(lookup, value)),
  };
}

/** Passes everything on to the one that is in force. */
export function withReplaceableKeys(first: PersonalData): ReplaceableKeys {
  let present = first;
  return {
    get keyIds() {
      return present.keyIds;
    },
    seal: (place, text) => present.seal(place, text),
    open: (place, sealed) => present.open(place, sealed),
    lookup: (value) => present.lookup(value),
    lookups: (value) => present.lookups(value),
    replace: (other) => {
      present = other;
    },
  };
}

/** Id of the key that a value is sealed with. */
function keyIdOf(sealed: Buffer): string {
  return sealed.subarray(0, keyIdBytes).toString('hex');
}

function seal({ id, sealing }: PersonalDataKey, place: string, text: string): Buffer {
  const nonce = randomBytes(nonceBytes);
  const cipher = createCipheriv('aes-256-gcm', sealing, nonce, { authTagLength: tagBytes });
  cipher.setAAD(Buffer.from(place));
  const ciphertext = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
  return Buffer.concat([Buffer.from(id, 'hex'), nonce, cipher.getAuthTag(), ciphertext]);
}

function open({ id, sealing }: PersonalDataKey, place: string, sealed: Buffer): string {
  try {
    const nonce = sealed.subarray(keyIdBytes, keyIdBytes + nonceBytes);
    const decipher = createDecipheriv('aes-256-gcm', sealing, nonce, { authTagLength: tagBytes });
    decipher.setAAD(Buffer.from(place));
    decipher.setAuthTag(sealed.subarray(keyIdBytes + nonceBytes, headerBytes));
    return Buffer.concat([decipher.update(sealed.subarray(headerBytes)), decipher.final()]).toString('utf8');
  } catch (cause) {
    const message = `${place} cannot be opened with key ${id}: it was changed, or belongs to another place`;
    throw new UnsealableError('altered', message, { cause });
  }
}

function digest(key: KeyObject, value: string): string {
  return createHmac('sha256', key).update(value).digest('base64url');
}

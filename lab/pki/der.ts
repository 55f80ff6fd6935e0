/** The part of ASN.1's Distinguished Encoding Rules (ITU-T X.690) that an X.509 certificate needs. */

/** One element: tag, length, content. */
export function encodeDer(tag: number, ...content: readonly Uint8Array[]): Buffer {
  const body = Buffer.concat(content);
  return Buffer.concat([Buffer.from([tag]), encodeLength(body.length), body]);
}

/** SEQUENCE. */
export const derSequence = (...content: readonly Uint8Array[]) => encodeDer(0x30, ...content);

/** SET. */
export const derSet = (...content: readonly Uint8Array[]) => encodeDer(0x31, ...content);

/** OCTET STRING. */
export const derOctets = (content: Uint8Array) => encodeDer(0x04, content);

/** BOOLEAN TRUE. */
export const derTrue = () => encodeDer(0x01, Buffer.from([0xff]));

/** UTF8String. */
export const derText = (text: string) => encodeDer(0x0c, Buffer.from(text, 'utf8'));

/** BIT STRING whose last `unusedBits` bits do not count. */
export function derBits(content: Uint8Array, unusedBits = 0): Buffer {
  return encodeDer(0x03, Buffer.from([unusedBits]), content);
}

/** INTEGER from the bytes of an unsigned big-endian number, in its shortest form (decoders refuse any other). */
export function derUnsigned(bytes: Uint8Array): Buffer {
  const firstUsed = bytes.findIndex((byte) => byte !== 0);
  const digits = firstUsed === -1 ? Buffer.from([0]) : bytes.subarray(firstUsed);
  return encodeDer(0x02, Buffer.alloc((digits[0] ?? 0) >= 0x80 ? 1 : 0), digits);
}

/** OBJECT IDENTIFIER from its dotted form. */
export function derObjectId(dotted: string): Buffer {
  const [first = 0, second = 0, ...rest] = dotted.split('.').map(Number);
  return encodeDer(0x06, Buffer.from([first * 40 + second, ...rest.flatMap(encodeBase128)]));
}

/** UTCTime up to 2049 and GeneralizedTime from 2050, as RFC 5280 §4.1.2.5 wants it. */
export function derTime(date: Date): Buffer {
  const digits = date.toISOString().replace(/[-:T]/g, '').slice(0, 14);
  return date.getUTCFullYear() < 2050
    ? encodeDer(0x17, Buffer.from(`${digits.slice(2)}Z`, 'latin1'))
    : encodeDer(0x18, Buffer.from(`${digits}Z`, 'latin1'));
}

function encodeLength(length: number): Buffer {
  if (length < 0x80) {
    return Buffer.from([length]);
  }
  const digits = length.toString(16);
  const bytes = Buffer.from(digits.length % 2 === 0 ? digits : `0${digits}`, 'hex');
  return Buffer.concat([Buffer.from([0x80 | bytes.length]), bytes]);
}

function encodeBase128(value: number): number[] {
  const bytes = [value & 0x7f];
  for (let rest = Math.floor(value / 128); rest > 0; rest = Math.floor(rest / 128)) {
    bytes.unshift((rest & 0x7f) | 0x80);
  }
  return bytes;
}

import { createWireReader, type WireMessage, type WireReader } from './wire.ts';

/** Type and length; the first message of a connection has no type. */
const header = 5;

/**
 * SQL statements that a client has executed, by their name or their first words: messages `Execute` and `Query` of
 * PostgreSQL's frontend/backend protocol 3.0. Begin and commit count like all others; connections must not be encrypted.
 */
export function readPostgres(): WireReader {
  const texts = new Map<string, string>();
  let isStarted = false;
  let bound = '';
  const operationsOf = (type: string, body: Buffer): readonly string[] => {
    switch (type) {
      case 'P': {
        const [name = '', text = ''] = readStrings(body, 2);
        texts.set(name, name === '' ? shorten(text) : name);
        return [];
      }
      case 'B':
        bound = readStrings(body, 2)[1] ?? '';
        return [];
      case 'E':
        return [texts.get(bound) ?? bound];
      case 'Q':
        return [shorten(readStrings(body, 1)[0] ?? '')];
      default:
        return [];
    }
  };
  return createWireReader((bytes): WireMessage | undefined => {
    const length = lengthOf(bytes, isStarted ? 1 : 0);
    if (bytes.length < length) {
      return undefined;
    }
    const operations = isStarted
      ? operationsOf(String.fromCharCode(bytes.readUInt8(0)), bytes.subarray(header, length))
      : [];
    isStarted = true;
    return { length, operations };
  });
}

/** The length counts itself and not the type before it; infinite as long as it has not come. */
function lengthOf(bytes: Buffer, typeLength: number): number {
  return bytes.length < typeLength + 4 ? Number.POSITIVE_INFINITY : typeLength + bytes.readInt32BE(typeLength);
}

function readStrings(body: Buffer, count: number): readonly string[] {
  return body.toString('utf8').split('\0', count);
}

function shorten(text: string): string {
  return text.trim().split(/\s+/).slice(0, 3).join(' ');
}

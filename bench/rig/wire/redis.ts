import { createWireReader, type WireMessage, type WireReader } from './wire.ts';

/** What a client of a cluster asks for the connection's sake, whatever the service does. */
const housekeeping = new Set(['AUTH', 'CLIENT', 'CLUSTER', 'HELLO', 'INFO', 'PING', 'READONLY']);

/** Commands that a client has sent: arrays of bulk strings (RESP). Those about the connection itself do not count. */
export function readRedis(): WireReader {
  return createWireReader((bytes): WireMessage | undefined => {
    const words = readLine(bytes, 0, '*');
    let position = words?.end;
    let command = '';
    for (let index = 0; index < (words?.value ?? 0); index += 1) {
      const word = readWord(bytes, position);
      position = word?.end;
      command ||= word?.text ?? '';
    }
    return position === undefined
      ? undefined
      : { length: position, operations: housekeeping.has(command) ? [] : [command] };
  });
}

interface Word {
  /** In capitals. */
  readonly text: string;
  /** Where the next one begins. */
  readonly end: number;
}

/** A bulk string; `undefined` as long as it, or what is before it, is not complete. */
function readWord(bytes: Buffer, from: number | undefined): Word | undefined {
  const size = from === undefined ? undefined : readLine(bytes, from, '$');
  if (size === undefined || bytes.length < size.end + size.value + 2) {
    return undefined;
  }
  const end = size.end + size.value;
  return { text: bytes.toString('latin1', size.end, end).toUpperCase(), end: end + 2 };
}

/** The number in a line like `*3\r\n`, and where the next line begins. */
function readLine(bytes: Buffer, from: number, kind: '*' | '$'): { value: number; end: number } | undefined {
  const end = bytes.indexOf('\r\n', from);
  if (end < 0) {
    return undefined;
  }
  const line = bytes.toString('latin1', from, end);
  if (!line.startsWith(kind)) {
    throw new Error(`a Redis client sent ${JSON.stringify(line.slice(0, 40))} where "${kind}" was to come`);
  }
  return { value: Number(line.slice(1)), end: end + 2 };
}

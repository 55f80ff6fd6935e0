/** Building and reading messages of Kafka's newer ("flexible") encoding, for the few requests that kafkajs lacks. */

/** The broker answered a request with an error. */
export class RequestRefusedError extends Error {
  readonly code: number;

  constructor(request: string, code: number, message: string | undefined) {
    super(`Kafka refused ${request}: ${message ?? 'no reason given'} (error ${code})`);
    this.name = 'RequestRefusedError';
    this.code = code;
  }
}

/** The tagged fields at the end of every structure: we send none. */
export const noTags = Buffer.from([0]);

export function int8(value: number): Buffer {
  return Buffer.from([value & 0xff]);
}

export function uint16(value: number): Buffer {
  const buffer = Buffer.alloc(2);
  buffer.writeUInt16BE(value);
  return buffer;
}

export function int32(value: number): Buffer {
  const buffer = Buffer.alloc(4);
  buffer.writeInt32BE(value);
  return buffer;
}

/** Seven bits a byte, the lowest first. */
export function uvarint(value: number): Buffer {
  const bytes: number[] = [];
  let rest = value;
  while (rest > 0x7f) {
    bytes.push((rest & 0x7f) | 0x80);
    rest >>>= 7;
  }
  return Buffer.from([...bytes, rest]);
}

/** Length + 1, then the bytes; 0 is null. */
export function bytes(value: Buffer | undefined): Buffer {
  return value === undefined ? uvarint(0) : Buffer.concat([uvarint(value.length + 1), value]);
}

export function text(value: string | undefined): Buffer {
  return bytes(value === undefined ? undefined : Buffer.from(value));
}

/** Count + 1, then the items; 0 is null, which some requests take for "all". */
export function list(items: readonly Buffer[] | undefined): Buffer {
  return items === undefined ? uvarint(0) : Buffer.concat([uvarint(items.length + 1), ...items]);
}

/** A structure: its fields and no tags. */
export function struct(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat([...fields, noTags]);
}

/** An id as Kafka shows it: 16 bytes in base64url. */
export function uuid(value: string): Buffer {
  return Buffer.from(value, 'base64url');
}

/** The body of a request: kafkajs writes the old header, the tags of the new one come first here. */
export function request(...fields: readonly Buffer[]): Buffer {
  return Buffer.concat([noTags, struct(...fields)]);
}

/** Reads an answer from its beginning to its end. */
export class AnswerReader {
  readonly #buffer: Buffer;
  #offset = 0;

  /** `buffer` begins after the correlation id. */
  constructor(buffer: Buffer) {
    this.#buffer = buffer;
    this.tags();
  }

  int8(): number {
    return this.#take(1).readInt8();
  }

  int16(): number {
    return this.#take(2).readInt16BE();
  }

  uint16(): number {
    return this.#take(2).readUInt16BE();
  }

  int32(): number {
    return this.#take(4).readInt32BE();
  }

  /** Offsets and times stay far below 2^53. */
  int64(): number {
    return Number(this.#take(8).readBigInt64BE());
  }

  uuid(): string {
    return this.#take(16).toString('base64url');
  }

  text(): string | undefined {
    const length = this.#uvarint();
    return length === 0 ? undefined : this.#take(length - 1).toString();
  }

  list<T>(read: () => T): readonly T[] {
    const count = this.#uvarint();
    return Array.from({ length: Math.max(0, count - 1) }, () => read());
  }

  /** One structure of a list: its fields, then its tags, which are skipped. */
  struct<T>(read: () => T): T {
    const value = read();
    this.tags();
    return value;
  }

  tags(): void {
    for (let count = this.#uvarint(); count > 0; count -= 1) {
      this.#uvarint();
      this.#take(this.#uvarint());
    }
  }

  #uvarint(): number {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = this.#take(1).readUInt8();
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) {
        return value;
      }
    }
  }

  #take(length: number): Buffer {
    const part = this.#buffer.subarray(this.#offset, this.#offset + length);
    if (part.length < length) {
      throw new RangeError(`an answer of Kafka ends after ${this.#buffer.length} bytes, ${length} more were expected`);
    }
    this.#offset += length;
    return part;
  }
}

/** Throws when the answer's error code is not 0. */
export function demandSuccess(request: string, code: number, message: string | undefined): void {
  if (code !== 0) {
    throw new RequestRefusedError(request, code, message);
  }
}
